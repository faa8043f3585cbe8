import { expect, it } from "vitest";
import { API_VERSION, type Resource } from "#sdk/resources/schemas.ts";
import { CANARY, type Finding } from "#sdk/terms.ts";
import { run } from "./running.test-kit.ts";

const config = (spec: object): Resource =>
  ({
    apiVersion: API_VERSION,
    kind: "ProbeConfig",
    metadata: { name: "canary" },
    spec: { case: CANARY, ...spec },
  }) as never;

it("goes the whole way, raised and resolved, and is told to nobody but us", async () => {
  const { get, records, metric, out } = await run({ probes: true, resources: [config({ params: { every: "1s" } })] });
  const rounds = () => metric('roundsman_canary_rounds_total{cluster="c"}');
  await expect.poll(rounds, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  const states = (await records("findings"))
    .map(({ value }) => JSON.parse(value!) as Finding)
    .filter((one) => one.case === CANARY);
  expect(states.slice(0, 2).map(({ state }) => state)).toEqual(["open", "resolved"]);
  // Through the dispatcher and a thread, not past them.
  const checked = (await records("verdicts")).filter(
    ({ value, headers }) => value!.includes(CANARY) && headers.ce_source!.endsWith("/dispatcher"),
  );
  expect(checked.length).toBeGreaterThanOrEqual(1);
  const trip = (await metric('roundsman_canary_round_trip_seconds{cluster="c"}'))!;
  expect(trip).toBeGreaterThanOrEqual(0);
  expect(await metric('roundsman_canary_age_seconds{cluster="c"}')).toBeLessThan(10);
  const listed = async (query: string) => (await get<{ findings: Finding[] }>(`/v1/findings${query}`)).findings;
  expect([await listed(""), (await listed(`?case=${CANARY}`)).length]).toEqual([[], 1]);
  expect(out()).not.toContain("canary");
  const notices = (await records("notices")).map(({ key }) => JSON.parse(key)[0]);
  expect(new Set(notices.filter((name) => name !== "stdout"))).toEqual(new Set(["roundsman:canary"]));
});

it("is switched off like any case", async () => {
  const { metric, records } = await run({ probes: true, resources: [config({ disabled: true })] });
  expect(await metric('roundsman_canary_age_seconds{cluster="c"}')).toBeUndefined();
  expect((await records("notices")).map(({ key }) => JSON.parse(key)[0])).not.toContain("roundsman:canary");
});
