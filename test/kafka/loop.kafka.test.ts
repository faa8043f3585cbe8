/** The whole loop with its records on real brokers: the canary, one trace, and what is set aside, as on a file log. */
import { expect, it } from "vitest";
import { kafkaLog } from "#broker/log/kafka/kafka-log.ts";
import { run } from "#functions/standalone/running.test-kit.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { API_VERSION, type Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { CANARY, type Finding, type Verdict } from "#sdk/terms.ts";
import { connectionTo } from "./support/logs.ts";
import { sharedBed } from "./support/shared-bed.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const SOON = { timeout: 60_000, interval: 250 };

it("hears the canary, follows a finding by its trace, sets aside what is torn and has it evaluated now", async () => {
  const bed = sharedBed();
  const openLog = async () => {
    const log = kafkaLog({ connection: connectionTo(bed.brokers), clock: systemClock });
    await log.ready;
    return log;
  };
  const canary = { metadata: { name: "canary" }, spec: { case: CANARY, params: { every: "5s" } } };
  const resources = [{ apiVersion: API_VERSION, kind: "ProbeConfig", ...canary } as Resource];
  const { log, kube, get, post, records, metric } = await run({ openLog, resources, probes: true });
  await expect.poll(() => metric('roundsman_canary_rounds_total{cluster="c"}'), SOON).toBeGreaterThanOrEqual(2);

  await kube("POST", MAPS, { metadata: { name: "a" }, data: { bad: "true" } });
  const open = async () => (await get<{ findings: Finding[] }>("/v1/findings?state=open&case=x/bad")).findings;
  await expect.poll(async () => (await open()).length, SOON).toBe(1);
  const [finding] = await open();
  const traced = async (topic: string) =>
    (await records(topic)).filter(({ headers }) => headers.ce_traceparent === finding!.traceparent).length;
  expect([await traced("verdicts"), await traced("findings")]).toEqual([1, 1]);

  const verdicts = async () =>
    (await records("verdicts"))
      .filter(({ headers, value }) => headers.ce_type === TYPES.verdict && value!.includes('"x/bad"'))
      .map(({ value }) => JSON.parse(value!) as Verdict);
  const before = (await verdicts()).at(-1)!;
  const key = ["c", before.instance, before.key];
  const torn = (topic: string, type: string) =>
    recordOf({ topic, key, type, id: `torn/${topic}`, source: "/t", dataText: '{"cluster":"c"' });
  await log.append([torn("checks", TYPES.checkDue), torn("verdicts", TYPES.verdict), torn("findings", TYPES.raised)]);
  const letters = async () => (await get<{ letters: { letter: number; topic: string }[] }>("/v1/dead-letters")).letters;
  await expect
    .poll(async () => (await letters()).map(({ topic }) => topic).sort(), SOON)
    .toEqual(["checks", "findings", "verdicts"]);
  const { letter } = (await letters()).find(({ topic }) => topic === "checks")!;
  expect(await get(`/v1/dead-letters/${letter}`)).toMatchObject({
    record: { value: '{"cluster":"c"', key: JSON.stringify(key) },
  });
  await post(`/v1/dead-letters/${letter}/replay`, {});
  await expect.poll(async () => (await verdicts()).at(-1)!.stamp.seq, SOON).toBeGreaterThan(before.stamp.seq);
  expect(await open()).toHaveLength(1);
  expect((await letters()).map(({ topic }) => topic).sort()).toEqual(["findings", "verdicts"]);
});
