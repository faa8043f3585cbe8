import { CloudEvent, HTTP } from "cloudevents";
import { request } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import type { Event } from "../event/envelope.ts";
import { decodeHttp } from "../event/http.ts";
import { type EventFunction, workOf } from "./function.ts";
import { createFunctionServer, type FunctionServer, type FunctionServerOptions } from "./function-server.ts";

const servers: FunctionServer[] = [];
const failed: string[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.drain()));
  failed.splice(0);
});

async function serve(run: EventFunction, options: Partial<FunctionServerOptions> = {}) {
  const server = createFunctionServer({
    work: workOf(run),
    version: "1",
    failed: (e) => void failed.push(String(e.cause ?? e)),
    ...options,
  });
  servers.push(server);
  const url = await server.listen(0);
  const post = async (headers: Record<string, string>, body: string | Buffer) => {
    const answer = await request(url, { method: "POST", headers, body });
    const text = await answer.body.text();
    const json = () => JSON.parse(text);
    return { status: answer.statusCode, headers: answer.headers, text, json };
  };
  const get = async (path: string) => {
    const answer = await request(url + path);
    return { status: answer.statusCode, text: await answer.body.text() };
  };
  return { server, url, post, get };
}

const BINARY = {
  ...{ "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t.v1" },
  "content-type": "application/json",
};
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const BATCHED = { "content-type": "application/cloudevents-batch+json" };
const event = (id: string, data?: unknown) => ({ specversion: "1.0", id, source: "/s", type: "t.v1", data });
const echo: EventFunction = ({ id, data }) => ({
  specversion: "1.0",
  id: `re-${id}`,
  source: "/f",
  type: "r.v1",
  data,
});
const gate = () => {
  let open!: () => void;
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { open, opened };
};

describe("a function's server", () => {
  it("takes an event in each mode; nothing said is 204", async () => {
    const seen: Event[] = [];
    const { post } = await serve((one) => void seen.push(one));
    expect((await post(BINARY, '{"n":1}')).status).toBe(204);
    expect((await post(STRUCTURED, JSON.stringify(event("2", { n: 2 })))).status).toBe(204);
    expect((await post(BATCHED, JSON.stringify([event("3", 3), event("4", 4)]))).status).toBe(204);
    expect((await post(BATCHED, "[]")).status).toBe(204);
    expect(seen.map(({ id, data }) => [id, data])).toEqual([
      ["1", { n: 1 }],
      ["2", { n: 2 }],
      ["3", 3],
      ["4", 4],
    ]);
  });

  it("answers one event in binary mode, those of a batch as a batch", async () => {
    const { post } = await serve(echo);
    const one = await post(STRUCTURED, JSON.stringify(event("1", { n: 1 })));
    expect(one.status).toBe(200);
    expect(decodeHttp({ headers: one.headers, body: one.text })).toMatchObject({
      mode: "binary",
      events: [{ id: "re-1", data: { n: 1 } }],
    });
    const many = await post(BATCHED, JSON.stringify([event("1"), event("2")]));
    expect(decodeHttp({ headers: many.headers, body: many.text })).toMatchObject({
      mode: "batched",
      events: [{ id: "re-1" }, { id: "re-2" }],
    });
  });

  it("takes from and gives to the cloudevents package; its class may be answered with", async () => {
    const { post } = await serve(
      async ({ id }) => new CloudEvent({ id: `re-${id}`, source: "/f", type: "r.v1", data: { ok: true } }),
    );
    const sent = HTTP.binary(new CloudEvent({ id: "a", source: "/s", type: "t.v1", data: { n: 1 } }));
    const answer = await post(sent.headers as Record<string, string>, sent.body as string);
    const got = HTTP.toEvent({ headers: answer.headers, body: answer.text }) as CloudEvent<unknown>;
    expect([got.id, got.data]).toEqual(["re-a", { ok: true }]);
  });

  it.each([
    ["no id", { ...BINARY, "ce-id": "" }, "{}", 400, "id is empty"],
    ["another version", { ...BINARY, "ce-specversion": "2.0" }, "{}", 400, 'specversion is "2.0"'],
    ["no event", { "content-type": "application/json" }, "{}", 400, "holds no CloudEvent"],
    ["broken JSON", BINARY, '{"n":', 400, "not valid JSON"],
    ["poison", BINARY, '{"__proto__":{}}', 400, "__proto__"],
    [
      "a batch with a bad one",
      BATCHED,
      JSON.stringify([event("1"), { id: "2" }]),
      400,
      "batch[1] is refused: specversion",
    ],
    ["a format not known", { "content-type": "application/cloudevents+avro" }, "x", 415, "event format"],
    ["a gzipped one", { ...BINARY, "content-encoding": "gzip" }, "{}", 415, "content encoding"],
    ["a long one", BINARY, JSON.stringify("x".repeat(2_000)), 413, "more than 1000 bytes"],
  ])("refuses %s, in a sentence", async (_, headers, body, status, says) => {
    const { post, get } = await serve(() => expect.fail("it ran"), { bodyLimit: 1_000 });
    const answer = await post(headers, body);
    expect(answer.status).toBe(status);
    expect(answer.json().error.message).toContain(says);
    expect((await get("/metrics")).text).toContain(`roundsman_function_requests_total{status="${status}"} 1`);
  });

  it("answers when the work is done, not before", async () => {
    const { open, opened } = gate();
    const { post } = await serve(() => opened);
    let answered = false;
    const answer = post(BINARY, "1").then((one) => {
      answered = true;
      return one;
    });
    await new Promise((done) => setTimeout(done, 30));
    expect(answered).toBe(false);
    open();
    expect((await answer).status).toBe(204);
  });

  it("says 500 where the function fails, and keeps what it said to itself", async () => {
    const { post } = await serve(async ({ id }) => {
      if (id === "2") throw new Error("a secret");
    });
    const batch = await post(BATCHED, JSON.stringify([event("1"), event("2"), event("3")]));
    expect([batch.status, batch.json().error.code, batch.text.includes("secret")]).toEqual([
      500,
      "function-failed",
      false,
    ]);
    expect(failed).toEqual(["Error: a secret"]);
  });

  it.each([[{ id: "1" }], [[{ ...event("x"), time: "soon" }]], ["words"], [7]])(
    "says 500 where it answers no event: %j",
    async (reply) => {
      const { post } = await serve((() => reply) as unknown as EventFunction);
      const answer = await post(BINARY, "1");
      expect([answer.status, answer.json().error.code]).toEqual([500, "function-reply-invalid"]);
    },
  );

  it("ends a call at its deadline, and tells the function", async () => {
    const told = gate();
    const { post } = await serve(
      (_, { signal }) =>
        new Promise<void>((done) =>
          signal.addEventListener("abort", () => {
            told.open();
            done();
          }),
        ),
      { deadline: 40 },
    );
    const answer = await post(BINARY, "1");
    expect([answer.status, answer.json().error.code]).toEqual([504, "function-late"]);
    await told.opened;
  });

  it("takes so many at once, and tells the others to come again", async () => {
    const { open, opened } = gate();
    const begun = gate();
    const { post, get } = await serve(
      () => {
        begun.open();
        return opened;
      },
      { most: 1 },
    );
    const first = post(BINARY, "1");
    await begun.opened;
    const second = await post(BINARY, "1");
    expect([second.status, second.headers["retry-after"], second.json().error.code]).toEqual([
      429,
      "1",
      "function-busy",
    ]);
    // What is not an event is answered all the same.
    expect((await get("/livez")).status).toBe(200);
    open();
    expect((await first).status).toBe(204);
    expect((await post(BINARY, "1")).status).toBe(204);
  });

  it("has room again after a sender that went away in the middle of its body", async () => {
    const { connect } = await import("node:net");
    const { url, post, get } = await serve(() => undefined, { most: 1 });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf`);
    const inFlight = async () => Number(/roundsman_function_in_flight (\d+)/.exec((await get("/metrics")).text)![1]);
    while ((await inFlight()) !== 1) await new Promise(setImmediate);
    socket.destroy();
    while ((await inFlight()) !== 0) await new Promise(setImmediate);
    expect((await post(BINARY, "1")).status).toBe(204);
  });

  it("drains: not ready first, then what is under way is finished, and connections close", async () => {
    const { open, opened } = gate();
    const begun = gate();
    const { server, post, get } = await serve(() => {
      begun.open();
      return opened;
    });
    expect((await get("/readyz")).status).toBe(200);
    const first = post(BINARY, "1");
    await begun.opened;
    let drained = false;
    const draining = server.drain(50).then(() => {
      drained = true;
    });
    expect((await get("/readyz")).status).toBe(503);
    expect((await get("/livez")).status).toBe(200);
    open();
    const answer = await first;
    expect([answer.status, answer.headers.connection, drained]).toEqual([204, "close", false]);
    await draining;
    await expect(get("/livez")).rejects.toThrow();
  });

  it("waits for who is late too, when it drains", async () => {
    const { open, opened } = gate();
    const { server, post } = await serve(() => opened, { deadline: 20 });
    expect((await post(BINARY, "1")).status).toBe(504);
    let drained = false;
    const draining = server.drain().then(() => {
      drained = true;
    });
    await new Promise((done) => setTimeout(done, 30));
    expect(drained).toBe(false);
    open();
    await draining;
  });

  it("asks who calls: an event needs the permission to send", async () => {
    const permissions = (...all: string[]) => new Set(all) as never;
    const { post, get } = await serve(() => undefined, {
      callers: {
        known: async (token) =>
          token === "good" || token === "reads"
            ? { name: token, permissions: permissions(token === "good" ? "send" : "read") }
            : undefined,
      },
    });
    const as = (token: string) => post({ ...BINARY, authorization: `Bearer ${token}` }, "1");
    expect((await post(BINARY, "1")).status).toBe(401);
    expect((await as("bad")).status).toBe(401);
    expect((await as("reads")).status).toBe(403);
    expect((await as("good")).status).toBe(204);
    expect((await get("/livez")).status).toBe(200);
    expect((await get("/metrics")).status).toBe(401);
  });

  it("is not reached by another name on loopback", async () => {
    const { post } = await serve(() => expect.fail("it ran"));
    expect((await post({ ...BINARY, host: "evil.example" }, "1")).status).toBe(403);
  });

  it("says what it waits for", async () => {
    const { get } = await serve(() => undefined, { waitsFor: () => ["the cases"] });
    expect(await get("/readyz")).toEqual({ status: 503, text: '{"status":"waiting","for":["the cases"]}' });
  });

  it("answers other paths and methods as every server of ours", async () => {
    const { url, get } = await serve(() => undefined);
    expect((await get("/")).status).toBe(404);
    const { statusCode, body } = await request(`${url}/other`, { method: "POST", headers: BINARY, body: "1" });
    await body.dump();
    expect(statusCode).toBe(404);
    const { text } = await get("/metrics");
    for (const name of ["build_info", "function_seconds_bucket", "function_events_total", "memory_bytes"])
      expect(text).toContain(`roundsman_${name}`);
  });
});
