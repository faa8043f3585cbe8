import { describe, expect, it } from "vitest";
import type { Log, NewRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { Machine, request, started } from "./fixture.test-kit.ts";
import { freeze, thaw } from "./snapshot.ts";
import { snapshotRecords, snapshotsIn } from "./snapshots.ts";

const clock = { now: () => 1 };
const textsOf = async (log: Log): Promise<string[]> => {
  const texts = [];
  for await (const { text } of snapshotsIn(log)) texts.push(text);
  return texts;
};
const SIZE = 1_000;
/** Packs to several parts. */
const long = (n: number): string =>
  Array.from({ length: 500 }, (_, at) => ((at + 1) * (n + 7) * 2_654_435_761) % 4_294_967_296).join();
const packed = (text: string, offset: number) => snapshotRecords({ text, offset, marks: [] }, SIZE);
const broken = (record: NewRecord): NewRecord => ({
  ...record,
  value: record.value!.replace(/"text":"...../, '"text":"AAAAA'),
});

describe("snapshots in the log", () => {
  it("come the latest first, whatever lies between them, each in as many parts as it needs", async () => {
    const log = memoryLog({ clock });
    const texts = [long(1), "short", long(3)];
    for (const [at, text] of texts.entries()) await log.append(await packed(text, at));
    expect(await log.end("defender-snapshots")).toBeGreaterThan(5);
    expect(await textsOf(log)).toEqual(texts.reverse());
    expect(await textsOf(memoryLog({ clock }))).toEqual([]);
  });

  it.each([
    ["its last part is missing", (parts: NewRecord[]) => parts.slice(0, -1)],
    ["its first part is missing", (parts: NewRecord[]) => parts.slice(1)],
    ["all but its last part is missing", (parts: NewRecord[]) => parts.slice(-1)],
    ["a part is not what it was", (parts: NewRecord[]) => parts.map((part, at) => (at === 1 ? broken(part) : part))],
  ])("give way to the one before where %s", async (_, harm) => {
    const log = memoryLog({ clock });
    const before = long(1);
    await log.append(await packed(before, 1));
    const parts = await packed(long(2), 2);
    expect(parts.length).toBeGreaterThan(2);
    await log.append(harm(parts));
    expect((await textsOf(log))[0]).toBe(before);
  });
});

describe("a snapshot's text", () => {
  const stateOf = async () => {
    const machine = new Machine();
    const log = memoryLog({ clock: machine.clocks.clock });
    const defender = await started(log, machine);
    const asked = [];
    for (let n = 0; n < 6; n++) {
      machine.pass(10);
      const one = request(machine);
      asked.push([one, await defender.decide(one)] as const);
    }
    await defender.stop();
    const [text] = await textsOf(log);
    return { text: text!, asked };
  };

  it("stands for the state whole: what it makes gives the same text, and the same answers", async () => {
    const { text, asked } = await stateOf();
    const state = thaw(text);
    expect(freeze(state)).toBe(text);
    expect(state.ids.size).toBe(asked.length);
    for (const [{ id, due }, { outcome, offset, reasons }] of asked) {
      const known = state.ids.get(id)!;
      expect(known.due).toBe(due);
      expect(parseJson(known.told as string)).toMatchObject({ outcome, offset, reasons });
    }
  });

  it("of format 1, which had all in one JSON, is read", async () => {
    const { text } = await stateOf();
    const state = thaw(text);
    const [head] = text.split("\n");
    const ids = [...state.ids].map(([id, known]) => [id, { ...known, told: parseJson(known.told as string) }]);
    expect(freeze(thaw(JSON.stringify({ ...(parseJson(head!) as object), format: 1, ids })))).toBe(text);
  });

  it("of a format that is not known, or cut, is refused", async () => {
    const { text } = await stateOf();
    expect(() => thaw(text.replace('"format":2', '"format":3'))).toThrow("is of format 3, this version knows up to 2");
    const lines = text.split("\n");
    expect(() => thaw(lines.slice(0, -1).join("\n"))).toThrow("of 6 answers it holds 5");
  });
});
