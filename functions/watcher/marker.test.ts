import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LogRecord, NewRecord } from "#broker/log/log.ts";
import { Marker } from "./marker.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const held = (due: number): LogRecord =>
  ({ key: "k", value: JSON.stringify({ cluster: "c", instance: "i", key: "k", due }) }) as never;
const reader = { parse: ({ value }: LogRecord) => JSON.parse(value!) };

function create() {
  const marks: NewRecord[] = [];
  const marker = new Marker({
    cluster: "c",
    clock: { now: () => Date.now(), monotonic: () => Date.now() },
    every: 5_000,
    mark: () => ({ stamp: { epoch: 1, seq: 1 } }) as never,
    append: async (records) => void marks.push(...records),
    failed: (e) => {
      throw e;
    },
  });
  return { marker, marks, read: (due: number) => marker.read(reader, [held(due)], () => undefined) };
}

it("marks at once, regularly, and when something is due", () => {
  const { marker, marks, read } = create();
  marker.start();
  expect(marks).toHaveLength(1);
  read(1_000);
  vi.advanceTimersByTime(1_001);
  expect(marks).toHaveLength(2);
});

it("wakes nobody once it is stopped, whatever is still read: a timer would keep the process alive", () => {
  const { marker, read } = create();
  marker.start();
  marker.stop();
  read(600_000);
  marker.start();
  expect(vi.getTimerCount()).toBe(0);
});
