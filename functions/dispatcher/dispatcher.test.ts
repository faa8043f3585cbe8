import { afterEach, describe, expect, it } from "vitest";
import { type DeadLetter, readLetter } from "#broker/dead-letter/record.ts";
import type { Answer, Target } from "#broker/dispatch/target.ts";
import type { Log, SubscribeOptions } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Verdict } from "#sdk/terms.ts";
import { Dispatcher, type DispatcherOptions, RETRIES } from "./dispatcher.ts";

const clock = { now: () => 1_000, monotonic: () => 0 };
const running: { dispatcher: Dispatcher; close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const { dispatcher, close } of running.splice(0)) {
    await dispatcher.stop();
    await close();
  }
});

let seq = 0;
const checkRecord = (key: string) => {
  const id = `c/1.${++seq}`;
  const check = {
    id,
    cluster: "c",
    case: "x/case",
    instance: "x/case",
    key,
    stamp: { epoch: 1, seq },
    params: {},
    rows: {},
  };
  const of = ["c", "x/case", key];
  return recordOf({
    topic: "checks",
    key: of,
    type: TYPES.checkDue,
    id,
    source: "/t",
    dataText: JSON.stringify(check),
  });
};
const keyOf = (text: string) => (JSON.parse(text) as { key: string }).key;
const pass = ({ id, text }: { id: string; text: string }): Answer => {
  const { rows: _, params: __, ...head } = JSON.parse(text);
  return { id, verdict: JSON.stringify({ ...head, outcome: "pass", problems: [] }) };
};

function start(evaluate: Target["evaluate"], options: Partial<DispatcherOptions> & { flights?: number } = {}) {
  const { flights = 2, ...rest } = options;
  const log = memoryLog({ clock });
  const routes = [{ cases: ["*"], target: { evaluate }, flights }];
  const dispatcher = new Dispatcher({ log, routes, clock, logger: createLogger("silent"), ...rest });
  dispatcher.start();
  running.push({ dispatcher, close: () => log.close() });
  const all = async (topic: string) => {
    const values: any[] = [];
    for await (const records of log.read(topic)) for (const { value } of records) values.push(JSON.parse(value!));
    return values;
  };
  const verdicts = async (count: number): Promise<Verdict[]> => {
    for (;;) {
      const found = await all("verdicts");
      if (found.length >= count) return found;
      await new Promise(setImmediate);
    }
  };
  const letters = async () => {
    const found: (DeadLetter | undefined)[] = [];
    for await (const records of log.read("dead-letters")) found.push(...records.map(readLetter));
    return found;
  };
  return { log, dispatcher, all, verdicts, letters };
}

describe("Dispatcher", () => {
  it("writes a verdict for each check, with how late it is", async () => {
    const { log, verdicts } = start(async (checks) => checks.map(pass));
    await log.append([checkRecord("a"), checkRecord("b")]);
    const said = await verdicts(2);
    expect(said.map(({ key, outcome, late }) => [key, outcome, late])).toEqual([
      ["a", "pass", 0],
      ["b", "pass", 0],
    ]);
  });

  it("sends batches, so many in flight, and only the latest of a key", async () => {
    const batches: string[][] = [];
    const waiting: (() => void)[] = [];
    const { log, verdicts } = start(
      async (checks) => {
        batches.push(checks.map(({ text }) => keyOf(text)));
        await new Promise<void>((done) => waiting.push(done));
        return checks.map(pass);
      },
      { batch: 2, flights: 1 },
    );
    await log.append(["a", "b", "c", "a", "a"].map(checkRecord));
    while (waiting.length === 0) await new Promise(setImmediate);
    await log.append([checkRecord("c"), checkRecord("a")]);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    waiting.shift()!();
    while (waiting.length === 0) await new Promise(setImmediate);
    waiting.shift()!();
    const said = await verdicts(4);
    expect(batches[0]).toEqual(["a", "b"]);
    // A key that came again while it was in flight goes after what waited already.
    expect(batches[1]).toEqual(["c", "a"]);
    expect(said).toHaveLength(4);
  });

  it("brings no check of a partition that went to another member", async () => {
    const log = memoryLog({ clock });
    let lost: SubscribeOptions["lost"];
    const shared: Log = {
      ...log,
      subscribe(options, handler) {
        lost = options.lost;
        return log.subscribe(options, handler);
      },
    };
    const seen: string[] = [];
    const waiting: (() => void)[] = [];
    const { dispatcher } = start(
      async (checks) => {
        seen.push(...checks.map(({ text }) => keyOf(text)));
        await new Promise<void>((done) => waiting.push(done));
        return checks.map(pass);
      },
      { log: shared, group: "dispatcher", batch: 1, flights: 1 },
    );
    await log.append(["a", "b", "c"].map(checkRecord));
    while (waiting.length === 0) await new Promise(setImmediate);
    expect(dispatcher.waiting).toBe(2);
    lost!([0]);
    expect(dispatcher.waiting).toBe(0);
    waiting.shift()!();
    await log.append([checkRecord("d")]);
    while (waiting.length === 0) await new Promise(setImmediate);
    expect(seen).toEqual(["a", "d"]);
    waiting.shift()!();
  });

  it("asks alone for a check that the reply leaves out; what stays unanswered is an error, and is tried again", async () => {
    const seen: string[][] = [];
    const { log, verdicts, dispatcher } = start(
      async (checks) => {
        seen.push(checks.map(({ text }) => keyOf(text)));
        return checks.filter(({ text }) => seen.length > 2 || keyOf(text) !== "lost").map(pass);
      },
      { retries: [1] },
    );
    await log.append([checkRecord("lost"), checkRecord("found")]);
    const said = await verdicts(3);
    expect(said.map(({ key, outcome, error }) => [key, outcome, error?.code])).toEqual([
      ["lost", "error", "dispatch-unanswered"],
      ["found", "pass", undefined],
      ["lost", "pass", undefined],
    ]);
    expect(seen).toEqual([["lost", "found"], ["lost"], ["lost"]]);
    expect(dispatcher.counts).toMatchObject({ retried: 1, deadLetters: 0 });
  });

  it("halves a batch that fails whole, until the one that is to blame stands alone", async () => {
    const { log, verdicts } = start(
      async (checks) => {
        if (checks.some(({ text }) => keyOf(text) === "poison")) throw new Error("the reply was cut");
        return checks.map(pass);
      },
      { retries: [] },
    );
    await log.append(["a", "b", "poison", "c", "d"].map(checkRecord));
    const said = await verdicts(5);
    expect(said.map(({ key, error }) => [key, error?.code])).toEqual([
      ["a", undefined],
      ["b", undefined],
      ["poison", "dispatch-failed"],
      ["c", undefined],
      ["d", undefined],
    ]);
  });

  it("tries five times in all unless it is told otherwise", async () => {
    const { log, verdicts, dispatcher } = start(async (checks) =>
      checks.map(({ id }) => ({ id, error: { code: "x", message: "y" } })),
    );
    await log.append([checkRecord("a")]);
    await verdicts(1);
    expect([dispatcher.counts.retried, dispatcher.counts.deadLetters, RETRIES.length + 1]).toEqual([1, 0, 5]);
  });

  it("sets a poison check aside after its last try, as it was and with the cause", async () => {
    const { log, verdicts, letters, dispatcher } = start(
      async (checks) => checks.map(({ id }) => ({ id, error: { code: "case-deadline", message: "took longer" } })),
      { retries: [1, 1] },
    );
    const record = checkRecord("poison");
    await log.append([record]);
    const said = await verdicts(3);
    expect(
      said.every(({ outcome, error }) => outcome === "error" && error?.message.includes('"poison" took longer')),
    ).toBe(true);
    expect(await letters()).toMatchObject([{ cause: { code: "case-deadline" }, tries: 3, by: "dispatcher", record }]);
    expect(dispatcher.counts.deadLetters).toBe(1);
  });

  it("sets aside what it cannot read, with its cause, and goes on", async () => {
    const { log, verdicts, letters } = start(async (checks) => checks.map(pass), { retries: [] });
    const { value: _, ...rest } = checkRecord("torn");
    const newer = checkRecord("newer");
    await log.append([
      { ...checkRecord("keyless"), key: "no key" },
      { ...newer, headers: { ...newer.headers, ce_type: "dev.roundsman.check.due.v2" } },
      checkRecord("good"),
    ]);
    expect((await verdicts(1)).map(({ key }) => key)).toEqual(["good"]);
    // No verdict can be made of it: it is set aside all the same.
    await log.append([{ ...rest, value: "{" }, checkRecord("last")]);
    await verdicts(2);
    const found = async () => (await letters()).map((one) => [one!.cause.code, one!.record.key]);
    await expect.poll(found).toHaveLength(3);
    expect(await found()).toEqual([
      ["json-invalid", "no key"],
      ["record-newer", newer.key],
      ["dispatch-failed", rest.key],
    ]);
  });

  it("does not try again what has changed since", async () => {
    let tries = 0;
    const { log, verdicts, dispatcher } = start(
      async (checks) =>
        checks.map((one) => (++tries === 1 ? { id: one.id, error: { code: "x", message: "y" } } : pass(one))),
      { retries: [20] },
    );
    await log.append([checkRecord("a")]);
    await verdicts(1);
    await log.append([checkRecord("a")]);
    expect((await verdicts(2)).map(({ outcome }) => outcome)).toEqual(["error", "pass"]);
    await new Promise((done) => setTimeout(done, 40));
    expect([tries, dispatcher.waiting]).toEqual([2, 0]);
  });

  it("outlives a target that rejects", async () => {
    let calls = 0;
    const { log, verdicts } = start(
      async (checks) => {
        if (++calls === 1) throw new Error("no thread");
        return checks.map(pass);
      },
      { retries: [1] },
    );
    await log.append([checkRecord("a")]);
    expect((await verdicts(2)).map(({ error }) => error?.code)).toEqual(["dispatch-failed", undefined]);
  });
});
