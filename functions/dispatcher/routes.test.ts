import { afterEach, describe, expect, it, vi } from "vitest";
import type { Answer, Target } from "#broker/dispatch/target.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { Dispatcher, type Route } from "./dispatcher.ts";
import { pendingRecords, rangesOf } from "./pending-records.ts";

const clock = { now: () => 1_000, monotonic: () => 0 };
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

let seq = 0;
function checkRecord(name: string, key: string) {
  const id = `c/1.${++seq}`;
  const check = { id, cluster: "c", case: name, instance: name, key, stamp: { epoch: 1, seq }, params: {}, rows: {} };
  const dataText = JSON.stringify(check);
  return recordOf({ topic: "checks", key: ["c", name, key], type: TYPES.checkDue, id, source: "/t", dataText });
}

/** Takes checks, and answers when it is told to. */
function target() {
  const asked: string[][] = [];
  const waiting: (() => void)[] = [];
  const evaluate: Target["evaluate"] = (checks) => {
    asked.push(checks.map(({ id }) => id));
    return new Promise<Answer[]>((done) => {
      waiting.push(() =>
        done(checks.map(({ id, text }) => ({ id, verdict: JSON.stringify({ ...JSON.parse(text), outcome: "pass" }) }))),
      );
    });
  };
  return { evaluate, asked, answer: () => waiting.splice(0).forEach((done) => void done()) };
}

function stage(routes: readonly Route[]) {
  const log = memoryLog({ clock });
  const wanted = vi.fn();
  const dispatcher = new Dispatcher({ log, routes, clock, logger: createLogger("silent"), group: "g", wanted });
  dispatcher.start();
  stops.push(async () => {
    await dispatcher.stop();
    await log.close();
  });
  const send = async (...records: ReturnType<typeof checkRecord>[]) => {
    await log.append(records);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    return records.map(({ headers }) => headers.ce_id!);
  };
  const answered = async () => {
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    const ids: string[] = [];
    for await (const records of log.read("verdicts")) ids.push(...records.map(({ headers }) => headers.ce_id!));
    return ids;
  };
  return { dispatcher, wanted, send, answered };
}

describe("routes that change", () => {
  it("a check of a case that nobody has waits, is wanted, and goes when somebody has it", async () => {
    const { dispatcher, wanted, send, answered } = stage([]);
    const [id] = await send(checkRecord("a/one", "k"));
    expect(wanted).toHaveBeenCalled();
    expect([dispatcher.unrouted, dispatcher.waiting]).toEqual([1, 1]);
    expect(dispatcher.has(JSON.stringify(["c", "a/one", "k"]), id!)).toBe(true);
    const host = target();
    dispatcher.reroute([{ cases: ["a/one"], target: host }]);
    expect([host.asked, dispatcher.unrouted]).toEqual([[[id]], 0]);
    host.answer();
    expect(await answered()).toEqual([id]);
  });

  it("what waits goes by the new routes; what is in flight ends where it is, and is not asked twice", async () => {
    const [old, fresh] = [target(), target()];
    const { dispatcher, send, answered } = stage([{ cases: ["a/*"], target: old, flights: 1 }]);
    const [first] = await send(checkRecord("a/one", "k1"));
    const [second] = await send(checkRecord("a/one", "k2"));
    expect(old.asked).toEqual([[first]]);
    dispatcher.reroute([{ cases: ["a/*"], target: fresh, flights: 1 }]);
    expect(fresh.asked).toEqual([[second]]);
    old.answer();
    fresh.answer();
    expect((await answered()).sort()).toEqual([first, second].sort());
    expect([old.asked.length, dispatcher.counts.checks]).toEqual([1, 2]);
  });

  it("a target that stays keeps what it has; only a case that moved goes elsewhere", async () => {
    const [a, b] = [target(), target()];
    const { dispatcher, send } = stage([{ cases: ["a/*"], target: a, flights: 1 }]);
    const [first] = await send(checkRecord("a/one", "k1"));
    const [second, third] = await send(checkRecord("a/one", "k2"), checkRecord("a/two", "k2"));
    dispatcher.reroute([
      { cases: ["a/one"], target: a, flights: 1 },
      { cases: ["a/two"], target: b, flights: 1 },
    ]);
    expect([a.asked, b.asked]).toEqual([[[first]], [[third]]]);
    a.answer();
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(a.asked).toEqual([[first], [second]]);
    a.answer();
    b.answer();
  });

  it("a later check of a key is not undone by an earlier one that comes back from a route that is gone", async () => {
    const fails: Target["evaluate"] = async (checks) =>
      checks.map(({ id }) => ({ id, error: { code: "case-exit", message: "ended" } }));
    let fail: () => void = () => undefined;
    const gone = new Promise<void>((done) => {
      fail = done;
    });
    const fresh = target();
    const { dispatcher, send } = stage([
      { cases: ["a/*"], target: { evaluate: async (checks) => gone.then(() => fails(checks)) }, flights: 1 },
    ]);
    await send(checkRecord("a/one", "k"));
    dispatcher.reroute([{ cases: ["a/*"], target: fresh, flights: 1 }]);
    const [later] = await send(checkRecord("a/one", "k"));
    expect(fresh.asked).toEqual([[later]]);
    fail();
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    fresh.answer();
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(fresh.asked).toEqual([[later]]);
    expect(dispatcher.waiting).toBe(0);
  });
});

describe("what a dispatcher says that it still has", () => {
  it("is ranges of seqs, per cluster and epoch", () => {
    const due = (id: string, cluster = "c") =>
      ({
        key: JSON.stringify([cluster, "a/one", id]),
        id,
        text: "",
        at: 0,
        tries: 0,
        partition: 0,
        offset: 0,
      }) as const;
    const records = pendingRecords(
      [due("c/1.3"), due("c/1.1"), due("c/1.2"), due("c/2.9"), due("d/1.1", "d")],
      "me",
      5,
    );
    expect(records.map(({ key, value }) => [JSON.parse(key), JSON.parse(value!)])).toEqual([
      [["c", "pending", "me"], { cluster: "c", epoch: 1, by: "me", ranges: [[1, 3]] }],
      [["c", "pending", "me"], { cluster: "c", epoch: 2, by: "me", ranges: [[9, 9]] }],
      [["d", "pending", "me"], { cluster: "d", epoch: 1, by: "me", ranges: [[1, 1]] }],
    ]);
  });

  it("stays small: beyond so many ranges the rest is one", () => {
    expect(rangesOf([1, 3, 5, 7, 9], 3)).toEqual([
      [1, 1],
      [3, 3],
      [5, 9],
    ]);
  });
});
