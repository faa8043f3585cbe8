import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import type { Log, NewRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { inspection } from "#sdk";
import { manifestOf } from "#sdk/case/manifest.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Finding, Mark, Verdict } from "#sdk/terms.ts";
import { Ledger } from "./ledger.ts";
import { TERM } from "./readback.ts";

const bad = inspection.each({
  ...{ name: "x/bad", severity: "low", for: "0s", reason: "r", help: "h", check: () => "bad" },
  of: { kind: "v1/ConfigMap", pick: ["data.bad"] },
});
const cluster = { apiVersion: "roundsman.dev/v1alpha1", kind: "Cluster", metadata: { name: "c" }, spec: {} } as const;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

let log: Log;
let appended: NewRecord[][];
let ledger: Ledger | undefined;
const lost = vi.fn();
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  const memory = memoryLog({ clock });
  appended = [];
  log = {
    ...memory,
    append: (records) => {
      appended.push([...records]);
      return memory.append(records);
    },
  };
  lost.mockReset();
  await writeConfig(log, [manifestOf(bad, "f", "1")], [cluster]);
});
afterEach(async () => {
  await ledger?.stop();
  await log.close();
  vi.useRealTimers();
});

const settled = async () => {
  for (let i = 0; i < 30; i++) await new Promise(setImmediate);
};
const start = async (claimant?: string) => {
  ledger = new Ledger({ log, clock, logger: createLogger("silent"), lost, ...(claimant && { claimant }) });
  await ledger.start();
};
let seq = 0;
const mark = async () => {
  const data: Mark = {
    ...{ cluster: "c", stamp: { epoch: 1, seq }, floor: 0, ages: { "v1/ConfigMap": 0 } },
    ...{ unanswered: {}, refused: {}, leftOut: [] },
  };
  const dataText = JSON.stringify(data);
  await log.append([
    recordOf({ topic: "verdicts", key: ["c", "mark"], type: TYPES.mark, id: `m${seq}`, source: "/w", dataText }),
  ]);
  await settled();
};
const say = async (key: string, isBad: boolean) => {
  const problem = {
    fingerprint: key,
    severity: "low",
    message: "bad",
    subject: { kind: "ConfigMap", name: key },
    related: [],
  } as const;
  const verdict: Verdict = {
    ...{ id: `c/1.${++seq}`, cluster: "c", case: "x/bad", instance: "x/bad", key, stamp: { epoch: 1, seq } },
    ...{ outcome: isBad ? "warn" : "pass", problems: isBad ? [problem] : [], late: 0 },
  };
  const dataText = JSON.stringify(verdict);
  await log.append([
    recordOf({
      topic: "verdicts",
      key: ["c", "x/bad", key],
      type: TYPES.verdict,
      id: verdict.id,
      source: "/d",
      dataText,
    }),
  ]);
  await settled();
  vi.advanceTimersByTime(10);
  await mark();
};
const last = async (topic: string) => {
  const found = new Map<string, { value: any; headers: Readonly<Record<string, string>> }>();
  for await (const records of log.read(topic))
    for (const { key, value, headers } of records)
      found.set(key, { value: value === null ? null : JSON.parse(value), headers });
  return found;
};
const states = async () =>
  [...(await last("findings")).values()].map(({ value }) => `${value.case} ${value.subject.name} ${value.state}`);

it("writes findings before what is held of their keys, never both at once: topics may be stored apart", async () => {
  await start();
  await mark();
  await say("a", true);
  const topics = appended.map((records) => [...new Set(records.map(({ topic }) => topic))].join());
  expect(topics.filter((topic) => /findings|ledger/.test(topic))).toEqual(["findings", "ledger"]);
});

it("a watcher that is silent for half a minute is a finding; its next word ends it", async () => {
  await start();
  await mark();
  await say("a", true);
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(5_000);
    await mark();
  }
  expect(await states()).toEqual(["x/bad a open"]);
  await vi.advanceTimersByTimeAsync(40_000);
  await settled();
  expect(await states()).toEqual(["x/bad a open", "roundsman/stale-view c open"]);
  expect(ledger!.findings("open").map(({ subject, stale }) => [subject.name, stale])).toEqual([
    ["a", true],
    ["c", undefined],
  ]);
  await mark();
  expect(await states()).toEqual(["x/bad a open", "roundsman/stale-view c resolved"]);
});

it("one that was never heard of has a minute", async () => {
  await start();
  await vi.advanceTimersByTimeAsync(55_000);
  expect(await states()).toEqual([]);
  await vi.advanceTimersByTimeAsync(11_000);
  await settled();
  expect(await states()).toEqual(["roundsman/stale-view c open"]);
});

describe("behind one Lease", () => {
  const stray = async (finding: Partial<Finding>, term: number) => {
    const { value } = (await last("findings")).get('["a"]')!;
    const dataText = JSON.stringify({ ...value, ...finding });
    const key = [finding.fingerprint ?? value.fingerprint];
    const record = recordOf({ topic: "findings", key, type: TYPES.updated, id: "stray", source: "/l", dataText });
    await log.append([{ ...record, headers: { ...record.headers, [TERM]: String(term) } }]);
    await settled();
  };

  it("what a predecessor still writes does not stand: neither a word on what is, nor on what never was", async () => {
    await start("first");
    await ledger!.stop();
    await start("second");
    await mark();
    await say("a", true);
    expect([...(await last("findings")).values()].map(({ headers }) => headers[TERM])).toEqual(["2"]);
    await stray({ state: "resolved", message: "gone" }, 1);
    await stray({ fingerprint: "z", subject: { kind: "ConfigMap", name: "z" } }, 1);
    expect(await states()).toEqual(["x/bad a open", "x/bad z resolved"]);
    expect((await last("findings")).get('["a"]')!.value.message).toBe("bad");
    expect(lost).not.toHaveBeenCalled();
  });

  it("and of what is held of a key its own word follows too", async () => {
    await start("first");
    await ledger!.stop();
    await start("second");
    await mark();
    await say("a", true);
    const key = JSON.stringify(["c", "x/bad", "a"]);
    const before = (await last("ledger")).get(key)!.value;
    const record = {
      ...recordOf({ topic: "ledger", key: [], type: TYPES.ledger, id: key, source: "/l", dataText: null }),
      key,
    };
    await log.append([{ ...record, headers: { ...record.headers, [TERM]: "1" } }]);
    await settled();
    expect((await last("ledger")).get(key)!.value).toEqual(before);
  });

  it("one that reads its successor's word, or its claim, stops", async () => {
    await start("first");
    await mark();
    await say("a", true);
    await stray({ message: "newer" }, 7);
    expect(lost).toHaveBeenCalledWith(expect.objectContaining({ code: "ledger-overtaken" }));
    expect((await last("findings")).get('["a"]')!.value.message).toBe("newer");
  });
});
