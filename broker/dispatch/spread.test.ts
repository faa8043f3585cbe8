import { expect, it } from "vitest";
import { fault } from "#sdk/errors.ts";
import { Spread } from "./spread.ts";
import type { Answer, Target } from "./target.ts";

const checks = [{ id: "1", text: "{}" }];
const away = () => Promise.reject(fault("dispatch-unavailable", { url: "u", what: "away", retryAfter: 0 }));

function stage(evaluates: Record<string, Target["evaluate"]>, flights = 4) {
  let now = 0;
  const asked: string[] = [];
  const hosts = Object.entries(evaluates).map(([url, evaluate]) => ({
    url,
    flights,
    target: {
      evaluate: (due: Parameters<Target["evaluate"]>[0]) => {
        asked.push(url);
        return evaluate(due);
      },
    },
  }));
  const spread = new Spread(hosts, () => now);
  return { asked, ask: () => spread.evaluate(checks), pass: (ms: number) => void (now += ms) };
}
const well = async (): Promise<Answer[]> => [{ id: "1", verdict: "{}" }];
const never = () => new Promise<never>(() => undefined);

it("the one with the least in flight has the next", async () => {
  const { asked, ask } = stage({ a: never, b: well });
  void ask();
  await ask();
  await ask();
  expect(asked).toEqual(["a", "b", "b"]);
});

it("what one does not take goes to the next, and that one is left alone for a while", async () => {
  const { asked, ask, pass } = stage({ a: away, b: well });
  expect(await ask()).toHaveLength(1);
  await ask();
  expect(asked).toEqual(["a", "b", "b"]);
  pass(1_000);
  await ask();
  expect(asked.slice(3)).toEqual(["a", "b"]);
});

it("a host that hangs gets no more than it may have at once", async () => {
  const { asked, ask } = stage({ a: never, b: never }, 2);
  for (let i = 0; i < 4; i++) void ask().catch(() => undefined);
  await expect(ask()).rejects.toMatchObject({ code: "dispatch-unavailable" });
  expect(asked.sort()).toEqual(["a", "a", "b", "b"]);
});

it("after it broke off it is asked with one request at a time", async () => {
  let isUp = false;
  const broken = () => Promise.reject(fault("dispatch-broken", { url: "a", what: "reset" }));
  const { asked, ask, pass } = stage({ a: () => (isUp ? never() : broken()) });
  await expect(ask()).rejects.toMatchObject({ code: "dispatch-broken" });
  await expect(ask()).rejects.toMatchObject({ code: "dispatch-unavailable" });
  isUp = true;
  pass(1_000);
  void ask();
  await expect(ask()).rejects.toMatchObject({ code: "dispatch-unavailable" });
  expect(asked).toEqual(["a", "a"]);
});

it("a check that is refused holds no host", async () => {
  const refuse = () => Promise.reject(fault("dispatch-refused", { url: "a", status: 400, what: "no check" }));
  const { asked, ask } = stage({ a: refuse });
  await expect(ask()).rejects.toMatchObject({ code: "dispatch-refused" });
  await expect(ask()).rejects.toMatchObject({ code: "dispatch-refused" });
  expect(asked).toEqual(["a", "a"]);
});
