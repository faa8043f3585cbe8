import { describe, expect, it } from "vitest";
import type { NewRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { Accounts } from "./accounts.ts";
import { remediesRoutes } from "./api.ts";
import { statsOf } from "./stats.ts";
import { FP, REMEDIER, START, tellStory, word } from "./story.test-kit.ts";
import { readWord } from "./words.ts";

async function setUp() {
  let now = START;
  const clock = { now: () => now };
  const log = memoryLog({ clock });
  const tell = async (ms: number, ...records: NewRecord[]) => {
    now = START + ms;
    await log.append(records);
  };
  await tellStory({ log, tell });
  const app = createServer({ failed: (e) => expect.fail(String(e)) });
  const accounts = new Accounts();
  for await (const records of log.read("remedies")) for (const record of records) accounts.take(readWord(record)!);
  remediesRoutes(app, { log, clock, healer: { stats: () => statsOf(accounts, [REMEDIER]) } });
  const get = async (url: string) => {
    const answer = await app.inject({ url, headers: { host: "localhost" } });
    return { status: answer.statusCode, body: answer.json() };
  };
  const whats = async (query: string) =>
    ((await get(`/v1/remedies${query}`)).body.remedies as { what: string }[]).map(({ what }) => what);
  return { get, tell, whats };
}
const ALL = ["undone", "succeeded", "started", "started", "granted", "denied"];

describe("GET /v1/remedies", () => {
  it.each([
    ["", ALL],
    ["?what=denied", ["denied"]],
    ["?cluster=eu-*", ALL],
    ["?cluster=us-*", []],
    ["?target=gpu-7", ALL],
    ["?target=Node/gpu-*", ALL],
    ["?target=Pod/*", []],
    ["?operation=cordon", []],
    [`?fingerprint=${FP.slice(0, 5)}`, ALL],
    ["?fingerprint=beef", []],
    ["?since=59s", ["undone", "succeeded"]],
    ["?since=2027-01-01T03:02:00Z", ["undone"]],
  ])("chooses by %s", async (query, expected) => {
    expect(await (await setUp()).whats(query)).toEqual(expected);
  });

  it("chooses by the finding that it is for, not by one that its text names", async () => {
    const { tell, whats } = await setUp();
    await tell(200_000, word("denied", 0, { message: `as was said of ${FP}` }, "ffff000011112222"));
    expect(await whats(`?fingerprint=${FP}`)).toEqual(ALL);
    expect(await whats("?fingerprint=ffff")).toEqual(["denied"]);
  });

  it("goes back in pages", async () => {
    const { get } = await setUp();
    const seen: string[] = [];
    let page = "";
    for (let n = 0; n < 10; n++) {
      const { body } = await get(`/v1/remedies?limit=4${page}`);
      seen.push(...body.remedies.map(({ what }: { what: string }) => what));
      if (body.before === undefined) break;
      page = `&before=${body.before}`;
    }
    expect(seen).toEqual(ALL);
  });

  it.each(["?what=due", "?since=yesterday", "?colour=red", "?limit=-1", "?fingerprint=ABCD"])(
    "refuses %s",
    async (query) => {
      expect(await (await setUp()).get(`/v1/remedies${query}`)).toMatchObject({
        status: 400,
        body: { error: { code: "request-invalid" } },
      });
    },
  );
});

describe("GET /v1/remedies/stats", () => {
  it("sums up, per case and operation and per remedier", async () => {
    expect(await (await setUp()).get("/v1/remedies/stats")).toMatchObject({
      status: 200,
      body: {
        accounts: [{ case: "node/kernel-deadlock", operation: "drain", asked: 2, granted: 1, denied: { spent: 1 } }],
        remediers: [{ remedier: "hung-nodes", strategy: "act", succeeded: 1, of: 1, minSuccess: "50%" }],
      },
    });
  });
});

describe("GET /v1/findings/:fingerprint/history", () => {
  it("answers with the line of sight", async () => {
    const { get } = await setUp();
    expect(await get(`/v1/findings/${FP.slice(0, 8)}/history`)).toMatchObject({
      status: 200,
      body: { fingerprint: FP, episodes: [{ requests: [{ outcome: "denied" }, { outcome: "succeeded" }] }] },
    });
  });

  it("says what it cannot find, or tell apart", async () => {
    const { get, tell } = await setUp();
    expect(await get("/v1/findings/beef/history")).toMatchObject({
      status: 404,
      body: { error: { code: "finding-unknown" } },
    });
    await tell(200_000, word("denied", 0, {}, `${FP.slice(0, 4)}0000`));
    expect(await get(`/v1/findings/${FP.slice(0, 4)}/history`)).toMatchObject({
      status: 409,
      body: { error: { code: "finding-ambiguous" } },
    });
    expect(await get("/v1/findings/x/history")).toMatchObject({ status: 400 });
  });
});
