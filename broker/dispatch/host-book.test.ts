import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Manifest } from "#sdk/case/manifest.ts";
import { fault } from "#sdk/errors.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { HostBook } from "./host-book.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const away = () => fault("dispatch-unavailable", { url: "u", what: "away", retryAfter: 0 });

function stage(says: Record<string, string[] | undefined>, every = 0) {
  const asked: string[] = [];
  const changed = vi.fn();
  const book = new HostBook({
    ...{ urls: Object.keys(says), every, changed, logger: createLogger("silent") },
    clock: { monotonic: () => performance.now() },
    ask: async (url) => {
      asked.push(url);
      const names = says[url];
      if (!names) throw away();
      return names.map((name) => ({ name }) as Manifest);
    },
  });
  book.start();
  const cases = () => Object.fromEntries([...book.cases()].map(([name, { urls }]) => [name, urls]));
  return { says, asked, changed, book, cases, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

it("knows of each case which hosts have it, in the order of the hosts", async () => {
  const { cases, changed, book, pass } = stage({ a: ["x/1", "x/2"], b: ["x/2"] });
  await pass(0);
  expect(cases()).toEqual({ "x/1": ["a"], "x/2": ["a", "b"] });
  expect([changed.mock.calls.length, book.silent]).toEqual([2, []]);
});

it("one that does not answer is asked again, later and later, until it has", async () => {
  const { says, asked, book, pass } = stage({ a: undefined });
  await pass(3_600);
  expect([asked.length, book.silent]).toEqual([4, ["a"]]);
  says.a = ["x/1"];
  await pass(60_000);
  expect([asked.length, book.silent]).toEqual([5, []]);
  await pass(3_600_000);
  expect(asked).toHaveLength(5);
});

it("who has answered is left at rest, until a case is wanted that nobody has, and then not all the time", async () => {
  const { says, asked, changed, cases, book, pass } = stage({ a: ["x/1"] });
  await pass(60_000);
  for (let i = 0; i < 100; i++) book.wanted();
  await pass(0);
  expect(asked).toHaveLength(2);
  says.a = ["x/1", "x/2"];
  for (let i = 0; i < 100; i++) book.wanted();
  await pass(4_900);
  expect(asked).toHaveLength(2);
  await pass(200);
  expect([asked.length, cases(), changed.mock.calls.length]).toEqual([3, { "x/1": ["a"], "x/2": ["a"] }, 2]);
});

it("what a host said stands while it cannot be asked; now and then it is", async () => {
  const { says, asked, changed, cases, pass } = stage({ a: ["x/1"] }, 10_000);
  await pass(0);
  says.a = undefined;
  await pass(25_000);
  expect([asked.length, cases(), changed.mock.calls.length]).toEqual([3, { "x/1": ["a"] }, 1]);
  says.a = ["x/2"];
  await pass(10_000);
  expect(cases()).toEqual({ "x/2": ["a"] });
});

it("stopped, it asks nobody", async () => {
  const { asked, book, pass } = stage({ a: undefined });
  await pass(0);
  book.stop();
  await pass(60_000);
  expect(asked).toHaveLength(1);
});
