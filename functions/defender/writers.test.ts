import { expect, it } from "vitest";
import { decide } from "./decide.ts";
import type { Input, InputRecord, Sender } from "./input.ts";
import { emptyState, type State, VERSION } from "./state.ts";
import { commonVersion } from "./writers.ts";

/** A log of several writers, a second between its records. */
function play(steps: readonly (readonly [string, number, Input, number?])[]): { state: State; refused: unknown[] } {
  let state = emptyState([]);
  const refused: unknown[] = [];
  let time = 1_000;
  for (const [offset, [writer, number, input, ms = 1_000]] of steps.entries()) {
    time += ms;
    const record: InputRecord = { offset, time, from: senderOf(writer, number, offset, ms), input };
    const [next, answer] = decide(state, record);
    state = next;
    refused.push(answer.ignored ? "ignored" : answer.refused);
  }
  return { state, refused };
}
const senderOf = (writer: string, number: number, offset: number, ms: number): Sender => ({
  ...{ writer, number, told: 0, end: 0 },
  ...(offset > 0 && { since: [offset - 1, ms] as const }),
});
const start = (knows: number, after = -1): Input => ({ kind: "start", durable: true, knows, after });
const tick: Input = { kind: "tick" };
const next: Input = { kind: "version", version: VERSION + 1 };

it("a newer version begins once every replica that lives knows it, and not before", () => {
  const mixed = play([
    ["old", 0, start(VERSION)],
    ["new", 0, start(VERSION + 1)],
    ["new", 1, next],
  ]);
  expect(mixed.refused.at(-1)).toBe("not every replica knows it");
  expect(mixed.state.version).toBe(VERSION);
  const ticks = Array.from({ length: 3 }, (_, n) => ["new", n + 1, tick, 25_000] as const);
  const gone = play([["old", 0, start(VERSION)], ["new", 0, start(VERSION + 1)], ...ticks, ["new", 4, next]]);
  expect(gone.refused.at(-1)).toBe(undefined);
  expect(gone.state.version).toBe(VERSION + 1);
  expect(commonVersion(gone.state)).toBe(VERSION + 1);
});

it("whoever was not heard for a minute has to begin again, and an old beginning does not count", () => {
  const ticks = Array.from({ length: 3 }, (_, n) => ["b", n + 1, tick, 25_000] as const);
  const { refused, state } = play([
    ["a", 0, start(1)],
    ["b", 0, start(1)],
    ...ticks,
    ["a", 1, tick],
    ["a", 0, start(1)],
    ["c", 0, start(1, 4)],
  ]);
  expect(refused.slice(-3)).toEqual(["ignored", "ignored", undefined]);
  expect([...state.writers.keys()]).toEqual(["b", "c"]);
});

it("a number that is left out is a record that was lost", () => {
  const init: Input = { kind: "init", by: "ana", reason: "a test" };
  const whole = play([
    ["a", 0, start(1)],
    ["a", 1, init],
    ["a", 2, tick],
  ]);
  expect(whole.state.initialised).toBe(true);
  expect(
    play([
      ["a", 0, start(1)],
      ["a", 1, init],
      ["a", 3, tick],
    ]).state.initialised,
  ).toBe(false);
});
