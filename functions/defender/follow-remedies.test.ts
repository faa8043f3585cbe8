import { expect, it, onTestFinished } from "vitest";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { fault } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { followRemedies } from "./follow-remedies.ts";

const record = (type: string, data: object, id: string) =>
  recordOf({ topic: "remedies", key: ["c"], type, id, source: "/t", dataText: JSON.stringify(data) });

function following(end: (fence: number, outcome: string, by: string) => Promise<number>) {
  const log = memoryLog({ clock: Date });
  const warnings: string[] = [];
  const open = () => {
    const one = followRemedies(log, { end } as never, (message) => warnings.push(message));
    onTestFinished(() => one.close());
    return one;
  };
  return { log, warnings, open };
}
const told = [
  record(TYPES.remedyGranted, { grant: { fence: 1 } }, "1"),
  record(TYPES.remedyStarted, { fence: 1, executor: "e" }, "2"),
  record(TYPES.remedySucceeded, { fence: 1, executor: "e" }, "3"),
  record(TYPES.remedyFailed, { fence: 2, executor: "e" }, "4"),
  record(TYPES.remedyExpired, { fence: 3 }, "5"),
  record(TYPES.remedyExpired, {}, "6"),
];

it("tells the defender how each granted operation ended, once", async () => {
  const ends: unknown[] = [];
  const { log, warnings, open } = following(async (...end) => {
    if (ends.some((one) => String(one) === String(end))) throw fault("act-refused", { what: "it was told" });
    return ends.push(end);
  });
  await log.append([...told, told[2]!]);
  const first = open();
  await first.caughtUp;
  await first.close();
  const again = open();
  await again.caughtUp;
  expect(ends).toEqual([
    [1, "succeeded", "e"],
    [2, "failed", "e"],
    [3, "expired", "healer"],
  ]);
  expect(warnings).toEqual([]);
});

it("comes back after the next start to what could not be written", async () => {
  let isFull = true;
  const ends: number[] = [];
  const { log, warnings, open } = following(async (fence) => {
    if (isFull) throw fault("defender-unavailable", { what: "the disk is full" });
    return ends.push(fence);
  });
  await log.append(told);
  const first = open();
  await first.caughtUp;
  await first.close();
  expect(warnings).toHaveLength(3);
  isFull = false;
  await open().caughtUp;
  expect(ends).toEqual([1, 2, 3]);
});
