import type { FastifyInstance } from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import type { Callers, Permission } from "#sdk/serve/callers.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { describeRoutes } from "#sdk/serve/openapi.ts";
import { DAY, HOUR } from "../config.ts";
import { ANA, CONFIG, hear, Machine, request, started } from "../fixture.test-kit.ts";
import { defenderRoutes } from "./routes.ts";

/** A token says what it may do: `bot:decide,read`. */
const callers: Callers = {
  known: async (token) => {
    const [name, list] = token.split(":") as [string, string | undefined];
    return list === undefined ? undefined : { name, permissions: new Set(list.split(",") as Permission[]) };
  },
};

async function setUp(config = CONFIG) {
  const machine = new Machine();
  const log = memoryLog({ clock: { now: () => machine.utc } });
  const defender = await started(log, machine);
  if (config !== CONFIG) await defender.configure(config, "ana");
  onTestFinished(() => defender.stop());
  const failed: string[] = [];
  const app = createServer({ callers, failed: (e, path) => void failed.push(`${path}: ${e.message}`) });
  describeRoutes(app, { title: "t", version: "1" });
  defenderRoutes(app, { defender, log, clock: { now: () => machine.utc } });
  const as = (token: string) => ({
    get: (url: string) => ask(app, token, "GET", url),
    post: (url: string, body: unknown) => ask(app, token, "POST", url, body),
  });
  const all = as("ana:read,decide,brake,release,approve,configure,init");
  return { machine, log, defender, app, failed, as, ...all };
}
async function ask(app: FastifyInstance, token: string, method: "GET" | "POST", url: string, body?: unknown) {
  const headers = { host: "localhost", authorization: `Bearer ${token}` };
  const answer = await app.inject({ method, url, headers, ...(body !== undefined && { payload: body as object }) });
  return { status: answer.statusCode, body: answer.json() };
}
const drain = { operation: "drain", target: { kind: "Node", name: "gpu-7" }, cluster: "eu-1", pool: "gpu" };

describe("POST /v1/decide", () => {
  it("answers with the decision, in the name of who calls whatever the body says", async () => {
    const { machine, as } = await setUp();
    const bot = as("bot:decide");
    for (let n = 0; n < 3; n++)
      expect(await bot.post("/v1/decide", request(machine, { actor: "boss" }))).toMatchObject({
        status: 200,
        body: { outcome: "granted", actor: "bot" },
      });
    expect(await bot.post("/v1/decide", request(machine))).toMatchObject({
      status: 200,
      body: { outcome: "denied", actor: "bot", reasons: [{ code: "spent", budget: "cluster-hour" }] },
    });
    const { actor: _, ...nameless } = request(machine);
    expect(await bot.post("/v1/decide", nameless)).toMatchObject({ status: 200, body: { actor: "bot" } });
  });

  it.each([
    [{ due: "now" }],
    [{ depends: [] }],
    [{ target: { kind: "Node", name: "n" } }],
    [{ more: 1 }],
    [{ id: "a\nb" }],
    [{ sent: 1e300 }],
  ])("refuses what is no request, and never fails: %o", async (more) => {
    const { machine, post, failed } = await setUp();
    const answer = await post("/v1/decide", { ...request(machine), ...more });
    expect([answer.status, answer.body.error.code]).toEqual([400, "request-invalid"]);
    expect(failed).toEqual([]);
  });

  it("is 503 where the journal cannot be written: no permission", async () => {
    const { machine, defender, post } = await setUp();
    await defender.stop();
    expect(await post("/v1/decide", request(machine))).toMatchObject({
      status: 503,
      body: { error: { code: "defender-stopped" } },
    });
  });
});

describe("POST /v1/explain", () => {
  it("says what decide would, writes nothing and spends nothing", async () => {
    const { machine, log, post, as } = await setUp();
    const end = await log.end("defender");
    const before = await as("eve:read").post("/v1/explain", drain);
    expect(before).toMatchObject({ status: 200, body: { decision: { outcome: "granted" } } });
    expect(before.body.says).toBe("WOULD BE GRANTED now: drain of Node gpu-7 of eu-1. Nothing stands against it.");
    expect(before.body.standing).toContainEqual(
      expect.objectContaining({ budget: "cluster-hour", used: 0, remains: 3 }),
    );
    expect(before.body.decision.grant).toBeUndefined();
    expect(await log.end("defender")).toBe(end);
    for (let n = 0; n < 3; n++) await post("/v1/decide", request(machine));
    const after = await post("/v1/explain", drain);
    const decided = await post("/v1/decide", request(machine, { ...drain, target: { ...drain.target, uid: "u" } }));
    expect(after.body.decision.reasons).toEqual(decided.body.reasons);
    expect(after.body.says).toContain("Budget cluster-hour");
  });

  it("goes from a decision's id, or its beginning, to what was asked and what would be said now", async () => {
    const { machine, post } = await setUp();
    await post("/v1/brake", { reason: "strange reboots" });
    const one = request(machine, { id: "abcdef-1", pool: "gpu", zone: "a" });
    await post("/v1/decide", one);
    const { brakes } = (await post("/v1/brake", { reason: "strange reboots" })).body;
    await post("/v1/brake/release", { number: brakes[0].number, reason: "over" });
    const { status, body } = await post("/v1/explain", { decision: "abcd" });
    expect(status).toBe(200);
    expect(body.decided).toMatchObject({ id: "abcdef-1", outcome: "denied", reasons: [{ code: "brake" }] });
    expect(body.saidThen).toContain("The brake is on for the fleet");
    expect(body.decision).toMatchObject({ outcome: "granted", cluster: "eu-1" });
    expect(body.asked).toMatchObject({ zone: "a", pool: "gpu", due: machine.utc });
  });

  it("takes the place of a target from what was last asked of it", async () => {
    const { machine, post } = await setUp();
    const target = { kind: "Node", name: "gpu-7", uid: "u-7" };
    await post("/v1/decide", request(machine, { target, pool: "gpu", zone: "b", owner: "team-a" }));
    const { operation, cluster } = drain;
    const { body } = await post("/v1/explain", { operation, cluster, target: { kind: "Node", name: "gpu-7" } });
    expect(body.asked).toMatchObject({ target, pool: "gpu", zone: "b", owner: "team-a", depends: ["v1/Node"] });
  });

  it.each([
    [{ decision: "nope" }, 404, "decision-unknown"],
    [{}, 400, "request-invalid"],
    [{ operation: "drain", cluster: "eu-1" }, 400, "request-invalid"],
    [{ ...drain, cluster: "" }, 400, "request-invalid"],
    [{ ...drain, since: "x" }, 400, "request-invalid"],
  ])("refuses %o", async (body, status, code) => {
    const { post } = await setUp();
    const answer = await post("/v1/explain", body);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

describe("the brake", () => {
  it("stops every grant, and is let go by another permission, by its number", async () => {
    const { machine, get, post, as } = await setUp();
    const pulled = await as("eve:brake").post("/v1/brake", {
      in: { scope: "cluster", names: ["eu-1"] },
      reason: "strange",
    });
    expect(pulled).toMatchObject({
      status: 200,
      body: { brakes: [{ by: "eve", reason: "strange" }], clusters: ["eu-1"] },
    });
    const { number } = pulled.body;
    expect((await get("/v1/brake")).body.brakes).toMatchObject([{ number, in: { scope: "cluster", names: ["eu-1"] } }]);
    expect((await post("/v1/decide", request(machine))).body.reasons).toMatchObject([{ code: "brake" }]);
    expect((await as("eve:brake,read").post("/v1/brake/release", { number, reason: "x" })).status).toBe(403);
    const other = await post("/v1/brake/release", { number: number + 1, reason: "x" });
    expect([other.status, other.body.error.message]).toEqual([
      409,
      `It had no effect: no brake has the number ${number + 1}; on are ${number}.`,
    ]);
    expect((await post("/v1/brake/release", { number, reason: "found it" })).body.brakes).toEqual([]);
    expect((await post("/v1/decide", request(machine))).body.outcome).toBe("granted");
  });

  it.each([
    [{ in: { scope: "cluster", names: [] }, reason: "x" }, "must be cluster for scope cluster"],
    [{ in: { scope: "planet", names: [] }, reason: "x" }, "must be equal to one of the allowed values"],
    [{ in: { scope: "pool", names: ["gpu"] }, reason: "x" }, "must be cluster, pool for scope pool"],
    [{ in: { scope: "fleet", names: ["x"] }, reason: "x" }, "must be empty for scope fleet"],
    [{}, "reason"],
  ])("is not pulled where it would hold nothing: %o", async (body, says) => {
    const { post, get } = await setUp();
    const answer = await post("/v1/brake", body);
    expect([answer.status, answer.body.error.message]).toEqual([400, expect.stringContaining(says)]);
    expect((await get("/v1/brake")).body.brakes).toEqual([]);
  });
});

describe("budgets", () => {
  it("stand as they do: of one place, or of all that holds anything", async () => {
    const { machine, get, post } = await setUp();
    expect((await get("/v1/budgets")).body).toMatchObject({ config: CONFIG, initialised: true, standing: [] });
    await post("/v1/decide", request(machine));
    const { standing } = (await get("/v1/budgets")).body;
    expect(standing).toContainEqual({
      budget: "cluster-hour",
      in: { scope: "cluster", names: ["eu-1"] },
      latched: false,
      window: HOUR,
      limit: 3,
      used: 1,
      remains: 2,
    });
    const other = (await get("/v1/budgets?cluster=us-1&kind=Node&name=n&operation=drain")).body.standing;
    expect(other).toContainEqual(
      expect.objectContaining({ budget: "cluster-hour", in: { scope: "cluster", names: ["us-1"] }, used: 0 }),
    );
    expect((await get("/v1/budgets?kind=Node")).status).toBe(400);
  });

  it("that latched are opened by who may release", async () => {
    const budgets = [{ ...CONFIG.budgets[0]!, whenSpent: "latch" as const }];
    const { machine, get, post, as } = await setUp({ ...CONFIG, budgets });
    for (let n = 0; n < 4; n++) await post("/v1/decide", request(machine));
    expect((await get("/v1/budgets")).body.standing[0]).toMatchObject({ budget: "cluster-hour", latched: true });
    machine.pass(2 * HOUR);
    await post("/v1/decide", request(machine));
    const body = { budget: "cluster-hour", in: { scope: "cluster", names: ["eu-1"] }, reason: "seen" };
    expect((await as("eve:brake").post("/v1/latches/reset", body)).status).toBe(403);
    expect((await post("/v1/latches/reset", body)).status).toBe(200);
    expect((await post("/v1/latches/reset", body)).status).toBe(409);
  });

  it("are tried on what was asked before", async () => {
    const { machine, post } = await setUp();
    for (let n = 0; n < 3; n++) await post("/v1/decide", request(machine));
    const strict = { ...CONFIG, budgets: [{ ...CONFIG.budgets[0]!, limits: [{ most: 1, per: DAY }] }] };
    const { body } = await post("/v1/budgets/dry-run", { config: strict, since: "1h" });
    expect(body).toMatchObject({ requests: 3, granted: 3, denied: { count: 2 }, allowed: { count: 0 } });
    expect(body.denied.newest[0].says).toContain("allows 1 per 1d");
    const wrong = await post("/v1/budgets/dry-run", { config: { ...CONFIG, budgets: [{ name: "x" }] } });
    expect([wrong.status, wrong.body.error.code]).toEqual([400, "config-invalid"]);
    expect((await post("/v1/budgets/dry-run", { config: strict, since: "soon" })).status).toBe(400);
  });
});

describe("the audit", () => {
  it("tells decisions, newest first, page by page, of what is asked for", async () => {
    const { machine, get, post } = await setUp();
    for (let n = 0; n < 5; n++) {
      await post("/v1/decide", request(machine, { id: `n-${n}`, operation: n % 2 ? "cordon" : "drain" }));
      machine.pass(5_000);
    }
    const ids = async (query: string) =>
      (await get(`/v1/audit${query}`)).body.decisions.map(({ id }: { id: string }) => id);
    expect(await ids("")).toEqual(["n-4", "n-3", "n-2", "n-1", "n-0"]);
    expect(await ids("?outcome=denied")).toEqual(["n-4", "n-3"]);
    expect(await ids("?operation=cord*")).toEqual(["n-3", "n-1"]);
    expect(await ids("?cluster=us-*")).toEqual([]);
    expect(await ids("?actor=ana&target=Node/node-*&limit=1")).toEqual(["n-4"]);
    expect(await ids("?since=12s")).toEqual(["n-4", "n-3"]);
    const { before, decisions } = (await get("/v1/audit?limit=2")).body;
    expect(decisions[0].says).toMatch(/^Denied until .*: drain of Node/);
    expect(await ids(`?limit=2&before=${before}`)).toEqual(["n-2", "n-1"]);
    expect((await get("/v1/audit?since=soon")).status).toBe(400);
    expect((await get("/v1/audit?limit=many")).status).toBe(400);
  });

  it("tells what people did", async () => {
    const { get, post } = await setUp();
    const { number } = (await post("/v1/brake", { reason: "strange" })).body;
    await post("/v1/brake/release", { number, reason: "over" });
    const { acts } = (await get("/v1/audit/acts")).body;
    expect(acts.map(({ kind, by, reason }: any) => [kind, by, reason])).toEqual([
      ["release", "ana", "over"],
      ["brake", "ana", "strange"],
      ["config", "ana", undefined],
      ["init", ANA.by, ANA.reason],
    ]);
  });
});

describe("approvals", () => {
  const settings = { ...CONFIG.settings, dangerous: ["reboot"] };

  it("tell what waits, and a person's yes lets it go", async () => {
    const { machine, get, post, as } = await setUp({ ...CONFIG, settings });
    const one = request(machine, { operation: "reboot", matter: "m-1", reason: "it hangs" });
    expect((await post("/v1/decide", one)).body.outcome).toBe("waiting");
    await post("/v1/decide", request(machine));
    const { waiting } = (await get("/v1/approvals")).body;
    expect(waiting).toMatchObject([
      { matter: "m-1", operation: "reboot", cluster: "eu-1", reason: "it hangs", others: [] },
    ]);
    const yes = { matter: "m-1", operation: "reboot", reason: "I looked", for: "2h" };
    expect((await as("bot:decide,read").post("/v1/approvals", yes)).status).toBe(403);
    expect((await post("/v1/approvals", yes)).body.approved).toEqual({
      matter: "m-1",
      operation: "reboot",
      by: "ana",
      until: machine.utc + 2 * HOUR,
    });
    expect((await get("/v1/approvals")).body).toMatchObject({ waiting: [], approved: [{ matter: "m-1" }] });
    expect((await post("/v1/decide", { ...one, id: "again" })).body.outcome).toBe("granted");
    machine.pass(2 * HOUR);
    await post("/v1/brake", { reason: "time passes" });
    expect((await get("/v1/approvals")).body.approved).toEqual([]);
  });

  it.each([{ for: "0s" }, { for: "long" }, { matter: "" }])("are refused: %o", async (more) => {
    const { post } = await setUp({ ...CONFIG, settings });
    const answer = await post("/v1/approvals", { matter: "m", operation: "reboot", reason: "x", ...more });
    expect([400, 409]).toContain(answer.status);
  });
});

it("init is a person's word, by a permission of its own", async () => {
  const { get, as } = await setUp();
  expect((await get("/v1/defender")).body).toEqual({ initialised: true, clusters: ["eu-1"] });
  expect(
    (await as("eve:brake,release,approve,configure,decide,read").post("/v1/defender/init", { reason: "x" })).status,
  ).toBe(403);
  expect(await as("ana:init").post("/v1/defender/init", { reason: "nothing was done lately" })).toMatchObject({
    status: 200,
    body: { initialised: true },
  });
});

it("every route is described, and refuses who is not known", async () => {
  const { app, get } = await setUp();
  const { paths } = (await get("/openapi.json")).body;
  expect(Object.keys(paths)).toHaveLength(14);
  for (const [path, methods] of Object.entries(paths as Record<string, Record<string, any>>))
    for (const [method, { summary }] of Object.entries(methods)) {
      expect(summary).toMatch(/[.?]$/);
      expect((await ask(app, "nobody", method.toUpperCase() as "GET", path)).status).toBe(401);
    }
  expect(paths["/v1/decide"].post.requestBody.content["application/json"].schema.required).not.toContain("actor");
});

it("hears of a cluster that is silent when it is asked to explain", async () => {
  const { machine, defender, post } = await setUp();
  machine.pass(90_000);
  expect((await post("/v1/explain", drain)).body.decision.reasons).toMatchObject([
    { code: "cluster-silent" },
    { code: "executor-silent" },
  ]);
  await hear(defender, machine);
  expect((await post("/v1/explain", drain)).body.decision.outcome).toBe("granted");
});
