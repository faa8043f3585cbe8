import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log, LogRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { fault, isFault } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { API_VERSION } from "#sdk/resources/schemas.ts";
import type { Callers } from "#sdk/serve/callers.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { lettersRoutes } from "./api.ts";
import { listLetters, readOne } from "./letters.ts";
import { replay } from "./replay.ts";
import { Shelf } from "./shelf.ts";

const dir = mkdtempSync(join(tmpdir(), "roundsman-letters-"));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(dir, { recursive: true, force: true });
});

const record = (topic: string, key: unknown[], value = "{}") =>
  recordOf({ topic, key, type: "dev.roundsman.x.v1", id: "1", source: "/t", dataText: value });
async function stored(log: Log, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const records of log.read(topic)) found.push(...records);
  return found;
}

/** Appends a record and sets it aside. */
async function setAside(log: Log, topic: string, key: unknown[], subscription?: string): Promise<void> {
  await log.append([record(topic, key)]);
  const one = (await stored(log, topic)).at(-1)!;
  const reader = new RecordReader({ log, logger: { error: () => undefined }, by: "somebody" });
  const cause =
    subscription === undefined
      ? fault("record-invalid", { what: "x" })
      : fault("sink-refused", { url: "u", status: 400 });
  reader.setAside(one, cause, { tries: 5, ...(subscription !== undefined && { subscription }) });
  await reader.settled;
}

const DRIVERS = [
  ["memory", async () => memoryLog({ clock: Date })],
  ["file", () => openFileLog({ dir, clock: Date, warn: () => undefined })],
] as const;

describe.each(DRIVERS)("on the %s log", (_, create) => {
  const start = async () => {
    const log = await create();
    open.push(log);
    return log;
  };
  const list = async (log: Log, more: object = {}) => (await listLetters(log, { limit: 50, ...more })).letters;

  it("lists the newest first, in pages, by topic and cause; shows one as it was", async () => {
    const log = await start();
    for (const key of ["a", "b", "c"]) await setAside(log, "checks", ["c", "x/y", key]);
    await setAside(log, "findings", ["f1"], "pager");
    expect((await list(log)).map(({ key }) => key)).toEqual(
      ["f1", "c", "b", "a"].map((k) => (k === "f1" ? '["f1"]' : `["c","x/y","${k}"]`)),
    );
    const page = await listLetters(log, { limit: 2 });
    expect((await list(log, { before: page.before })).map(({ key }) => key)).toEqual([
      '["c","x/y","b"]',
      '["c","x/y","a"]',
    ]);
    expect((await list(log, { cause: "sink-*" })).map(({ subscription }) => subscription)).toEqual(["pager"]);
    expect(await list(log, { topic: "checks", limit: 1 })).toHaveLength(1);
    const [newest] = await list(log);
    expect(await readOne(log, newest!.letter)).toMatchObject({ tries: 5, record: record("findings", ["f1"]) });
    await expect(readOne(log, 99)).rejects.toSatisfy((e) => isFault(e, "letter-unknown"));
  });

  it("a check is made anew: its watcher is asked", async () => {
    const log = await start();
    await setAside(log, "checks", ["eu", "x/y", ["a", "b"]]);
    const [one] = await list(log);
    await replay(log, await readOne(log, one!.letter), "ana", "n1");
    const [due] = await stored(log, "due");
    expect([due!.headers.ce_type, JSON.parse(due!.value!)]).toEqual([
      TYPES.checkAsked,
      { cluster: "eu", instance: "x/y", key: ["a", "b"], by: "ana" },
    ]);
    expect(await stored(log, "checks")).toHaveLength(1);
    // It is listed no more, unless all are wanted.
    expect(await list(log)).toEqual([]);
    expect(await list(log, { all: true })).toMatchObject([{ replayed: { by: "ana" } }]);
  });

  it("a notice is told again by its subscription, any other record appended as it was", async () => {
    const log = await start();
    await setAside(log, "findings", ["f1"], "pager");
    await setAside(log, "events", ["e"]);
    for (const { letter } of await list(log)) await replay(log, await readOne(log, letter), "ana", `n${letter}`);
    expect(JSON.parse((await stored(log, "due"))[0]!.value!)).toEqual({
      ...{ subscription: "pager", fingerprint: "f1", offset: 0, by: "ana" },
    });
    const [first, again] = await stored(log, "events");
    const { offset: _, time: __, ...was } = first!;
    expect(again).toMatchObject(was);
    expect(await stored(log, "findings")).toHaveLength(1);
  });

  it("nothing old takes the place of something newer, and nothing is put where one alone may write", async () => {
    const log = await start();
    await setAside(log, "findings", ["f1"]);
    await log.append([record("findings", ["f1"], '{"newer":true}')]);
    await setAside(log, "defender", ["fleet"]);
    const before = await stored(log, "findings");
    for (const { letter } of await list(log))
      await expect(replay(log, await readOne(log, letter), "ana", "n")).rejects.toSatisfy((e) =>
        isFault(e, "replay-refused"),
      );
    expect(await stored(log, "findings")).toEqual(before);
    expect(await stored(log, "defender")).toHaveLength(1);
    expect(await list(log)).toHaveLength(2);
  });

  it("is counted by topic, until it is replayed", async () => {
    const log = await start();
    await setAside(log, "checks", ["c", "x/y", "a"]);
    const shelf = new Shelf(log);
    await shelf.start();
    expect([shelf.counts.get("checks"), shelf.waiting.get("checks"), shelf.waiting.get("findings")]).toEqual([1, 1, 0]);
    const [one] = await list(log);
    await replay(log, await readOne(log, one!.letter), "ana", "n");
    await expect.poll(() => shelf.waiting.get("checks")).toBe(0);
    expect(shelf.counts.get("checks")).toBe(1);
    await shelf.stop();
  });
});

describe("over HTTP", () => {
  const callers: Callers = {
    known: async (token) =>
      ({ name: token, permissions: new Set(token === "ana" ? ["read", "replay"] : ["read"]) }) as never,
  };
  async function serve() {
    const log = memoryLog({ clock: Date });
    const app = createServer({ callers, failed: expect.fail });
    lettersRoutes(app, { log, clock: Date, nonce: () => "n" });
    const ask = async (method: "GET" | "POST", url: string, token = "ana", payload?: object) => {
      const headers = { host: "127.0.0.1", authorization: `Bearer ${token}` };
      const { statusCode, body } = await app.inject({ method, url, headers, ...(payload && { payload }) });
      return [statusCode, JSON.parse(body)] as [number, any];
    };
    return { log, ask };
  }

  it("is listed, shown and replayed; who may only read replays nothing", async () => {
    const { log, ask } = await serve();
    await setAside(log, "checks", ["c", "x/y", "a"]);
    const [, { letters }] = await ask("GET", "/v1/dead-letters?topic=checks");
    const path = `/v1/dead-letters/${letters[0].letter}`;
    expect((await ask("GET", path))[1].record.key).toBe('["c","x/y","a"]');
    expect((await ask("POST", `${path}/replay`, "bob"))[0]).toBe(403);
    expect(await stored(log, "due")).toEqual([]);
    expect(await ask("POST", `${path}/replay`)).toEqual([
      200,
      { letter: 0, did: 'asked the watcher of c to judge x/y under "a" now' },
    ]);
    expect((await ask("GET", "/v1/dead-letters/99"))[0]).toBe(404);
    expect((await ask("GET", "/v1/dead-letters?topik=x"))[0]).toBe(400);
  });

  it("a subscription is told again since a time; one that is not there is named", async () => {
    const { log, ask } = await serve();
    const pager = {
      apiVersion: API_VERSION,
      kind: "AlertSubscription",
      metadata: { name: "pager" },
      spec: { sink: { stdout: {} } },
    } as const;
    await writeConfig(log, [], [pager]);
    const [status, body] = await ask("POST", "/v1/alerts/page/redeliver", "ana", { since: "2h" });
    expect([status, body.error.message]).toEqual([404, "No AlertSubscription page is configured; there are: pager."]);
    expect((await ask("POST", "/v1/alerts/pager/redeliver", "ana", { since: "2027-01-01T00:00:00Z" }))[0]).toBe(200);
    expect(JSON.parse((await stored(log, "due"))[0]!.value!)).toEqual({
      ...{ subscription: "pager", since: Date.parse("2027-01-01T00:00:00Z"), by: "ana" },
    });
  });
});
