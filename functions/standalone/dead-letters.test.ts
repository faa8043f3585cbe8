import { expect, it } from "vitest";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Finding, Verdict } from "#sdk/terms.ts";
import { run } from "./running.test-kit.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const KEY = ["c", "x/bad", "ConfigMap/default/a"];

it("what nobody can read is set aside, listed, counted, and evaluated now when it is replayed; the rest goes on", async () => {
  const { log, kube, get, post, records, metric } = await run();
  await kube("POST", MAPS, { metadata: { name: "a" }, data: { bad: "true" } });
  const open = async () => (await get<{ findings: Finding[] }>("/v1/findings?state=open&case=x/bad")).findings.length;
  await expect.poll(open).toBe(1);
  const verdicts = async () =>
    (await records("verdicts"))
      .filter(({ headers, value }) => headers.ce_type === TYPES.verdict && value?.includes('"outcome"'))
      .map(({ value }) => JSON.parse(value!) as Verdict);
  const before = (await verdicts()).at(-1)!;
  expect(KEY).toEqual(["c", before.instance, before.key]);
  const torn = (topic: string, type: string) =>
    recordOf({ topic, key: KEY, type, id: `c/${topic}`, source: "/t", dataText: '{"cluster":"c"' });
  await log.append([torn("checks", TYPES.checkDue), torn("verdicts", TYPES.verdict), torn("findings", TYPES.raised)]);
  const letters = async () => (await get<{ letters: { letter: number; topic: string }[] }>("/v1/dead-letters")).letters;
  await expect
    .poll(async () => (await letters()).map(({ topic }) => topic).sort())
    .toEqual([...["checks", "findings", "verdicts"]]);
  expect(await metric('roundsman_dead_letters_total{topic="checks"}')).toBe(1);
  const { letter } = (await letters()).find(({ topic }) => topic === "checks")!;
  const shown = await get<{ record: { value: string }; cause: object }>(`/v1/dead-letters/${letter}`);
  expect(shown).toMatchObject({ record: { value: '{"cluster":"c"' }, cause: { code: "json-invalid" } });

  await post(`/v1/dead-letters/${letter}/replay`, {});
  // The key is judged once more, with its rows as they are now and a stamp of its own.
  await expect.poll(async () => (await verdicts()).at(-1)!.stamp.seq).toBeGreaterThan(before.stamp.seq);
  expect((await verdicts()).at(-1)).toMatchObject({ key: before.key, outcome: "fail" });
  expect(await metric('roundsman_dead_letters{topic="checks"}')).toBe(0);
  expect(await open()).toBe(1);
  await kube("DELETE", `${MAPS}/a`);
  await expect.poll(open).toBe(0);
});
