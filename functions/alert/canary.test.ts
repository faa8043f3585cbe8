import { expect, it } from "vitest";
import { CANARY, type Finding } from "#sdk/terms.ts";
import { CANARY_SUBSCRIPTION, CanaryWatch } from "./canary.ts";
import { matches } from "./decide.ts";

function watch() {
  const at = { now: 1_000_000 };
  const said: string[] = [];
  const say = (level: string) => (details: object, message: string) =>
    void said.push(`${level} ${(details as { cluster: string }).cluster}: ${message}`);
  const of = new CanaryWatch({
    clock: { now: () => at.now, monotonic: () => at.now },
    logger: { error: say("error"), warn: say("warn") } as never,
  });
  const hear = (cluster: string, state: "open" | "resolved", sent?: number) =>
    of.sink.tell({ state, finding: { cluster, evidence: { sent } } as never } as never);
  const pass = (ms: number) => {
    at.now += ms;
    of.look();
  };
  return { of, said, hear, pass };
}

it("knows how long ago it came, and how long it took", async () => {
  const { of, hear, pass } = watch();
  of.expect(["eu"]);
  pass(5_000);
  expect(of.heard().get("eu")).toEqual({ age: 5_000, rounds: 0 });
  await hear("eu", "open", 1_004_900);
  pass(1_000);
  // Of its end nobody knows when it set out.
  await hear("eu", "resolved", 1_004_900);
  expect(of.heard().get("eu")).toEqual({ age: 0, rounds: 2, roundTrip: 100 });
});

it("says once that it does not come, of each cluster by itself, and once that it comes again", async () => {
  const { of, said, hear, pass } = watch();
  of.expect(["eu", "us"]);
  for (let i = 0; i < 40; i++) {
    pass(10_000);
    await hear("us", i % 2 === 0 ? "open" : "resolved", 0);
  }
  expect(said).toEqual(["error eu: the canary does not come: findings may not either"]);
  await hear("eu", "open", 0);
  expect(said.slice(1)).toEqual(["warn eu: the canary comes again"]);
  of.expect(["us"]);
  expect([...of.heard().keys()]).toEqual(["us"]);
});

it("is told to its own subscription, and to nobody who has not named it", () => {
  const finding = { case: CANARY, severity: "low", cluster: "c" } as Finding;
  const to = (match?: object) =>
    matches({ ...CANARY_SUBSCRIPTION, spec: { ...(match && { match }), sink: {} } }, finding);
  expect(matches(CANARY_SUBSCRIPTION, finding)).toBe(true);
  expect([to(), to({ severity: "low" }), to({ case: ["*"] }), to({ case: ["roundsman/*"] })]).toEqual(
    Array(4).fill(false),
  );
});
