import { expect, it, onTestFinished, vi } from "vitest";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { aboutOf, type RemedyDue } from "#sdk/operation/remedy.ts";
import { Dues, type Said } from "./dues.ts";

const target = { apiVersion: "v1", kind: "Node", name: "n1", uid: "u1" };
const dueOf = (id: string, due = Date.now()): RemedyDue => ({
  ...{ id, matter: `m-${id}`, remedier: "hung", strategy: "act", step: 0, attempt: 0, operation: "drain", target, due },
  ailment: {
    ...{ fingerprint: "f1", episode: 7, cluster: "eu-1", case: "node/task-hung", message: "it hangs", target },
    ...{ depends: ["v1/Node"], since: 1 },
  },
});
const recordOfDue = (due: RemedyDue) =>
  recordOf({
    ...{ topic: "due", key: [due.id], type: TYPES.remedyDue, id: due.id, source: "/healer" },
    dataText: JSON.stringify(due),
  });
const granted = (due: RemedyDue): Said => ({
  type: TYPES.remedyGranted,
  data: { ...aboutOf(due), grant: { fence: 1, notAfter: 2 } },
});
const quiet = { warn: () => undefined, error: () => undefined } as never;

async function all(log: Log, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic)) records.push(...batch);
  return records;
}
const words = async (log: Log) =>
  (await all(log, "remedies")).map(({ headers, value }) => {
    const { id, message } = parseJson(value!) as { id: string; message?: string };
    return [id, headers.ce_type!.split(".").at(-2), ...(message === undefined ? [] : [message])];
  });
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

function dispatching(log: Log, ask: (due: RemedyDue, signal: AbortSignal) => Promise<Said>) {
  const dues = new Dues({ log, clock, logger: quiet, flights: 4, ask });
  onTestFinished(() => dues.stop());
  dues.start();
  return dues;
}

it("what is due has its answer on topic remedies, side by side, whatever else is on the topic", async () => {
  const log = memoryLog({ clock: Date });
  const held = new Map<string, () => void>();
  dispatching(log, async (due) => {
    if (due.id === "slow") await new Promise<void>((resolve) => held.set(due.id, resolve));
    return granted(due);
  });
  await log.append(["slow", "a", "b"].map((id) => recordOfDue(dueOf(id))));
  await log.append([recordOf({ topic: "due", key: ["x"], type: "dev.x.v1", id: "x", source: "/x", dataText: "{}" })]);
  await vi.waitFor(async () => expect(await words(log)).toHaveLength(2));
  held.get("slow")!();
  await vi.waitFor(async () => expect((await words(log)).map(([id]) => id)).toEqual(["a", "b", "slow"]));
});

it("nothing is passed that is not done: who comes after asks for it again", async () => {
  const log = memoryLog({ clock: Date });
  const first = dispatching(log, (due, signal) =>
    due.id === "a"
      ? new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      : Promise.resolve(granted(due)),
  );
  await log.append(["a", "b"].map((id) => recordOfDue(dueOf(id))));
  await vi.waitFor(async () => expect(await words(log)).toHaveLength(1));
  await first.stop();
  const asked: string[] = [];
  dispatching(log, async (due) => {
    asked.push(due.id);
    return granted(due);
  });
  await vi.waitFor(() => expect(asked).toEqual(["a", "b"]));
});

it("one that is away is asked until it answers; one that refuses it has it set aside, and denied", async () => {
  const log = memoryLog({ clock: Date });
  let left = 2;
  const dues = dispatching(log, async (due) => {
    if (due.id === "bad") throw fault("dispatch-refused", { url: "u", status: 400, what: "no" });
    if (left-- > 0) throw fault("dispatch-unavailable", { url: "u", what: "503", retryAfter: 0 });
    return granted(due);
  });
  await log.append([recordOfDue(dueOf("a")), recordOfDue(dueOf("bad"))]);
  await vi.waitFor(async () => expect(await words(log)).toHaveLength(2));
  expect((await words(log)).map(([id, what]) => [id, what])).toEqual([
    ["bad", "denied"],
    ["a", "granted"],
  ]);
  expect(await all(log, "dead-letters")).toHaveLength(1);
  expect(dues.counts).toEqual({ sent: 4, retried: 2, refused: 1 });
});

it("what is too old to be granted is given up, and denied", async () => {
  const log = memoryLog({ clock: Date });
  dispatching(log, () => Promise.reject(fault("dispatch-unavailable", { url: "u", what: "away", retryAfter: 0 })));
  await log.append([recordOfDue(dueOf("old", Date.now() - 6 * 60_000))]);
  await vi.waitFor(async () => expect((await words(log))[0]?.[1]).toBe("denied"));
});

it.each<[string, Partial<Said> | Record<string, unknown>]>([
  ["another request", { data: { ...aboutOf(dueOf("b")) } }],
  ["another object of the name", { data: { ...aboutOf(dueOf("a")), target: { ...target, uid: "u2" } } }],
  ["no word of a remedy function", { type: TYPES.remedyStarted }],
])("an answer to %s is none", async (_, more) => {
  const log = memoryLog({ clock: Date });
  let tries = 0;
  dispatching(log, async (due) => (tries++ === 0 ? ({ ...granted(due), ...more } as Said) : granted(due)));
  await log.append([recordOfDue(dueOf("a"))]);
  await vi.waitFor(async () => expect(await words(log)).toEqual([["a", "granted"]]));
  expect(tries).toBe(2);
});
