import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HttpTarget, type HttpTargetOptions } from "./http-target.ts";

const open: { server: Server; target: HttpTarget }[] = [];
afterEach(async () => {
  for (const { server, target } of open.splice(0)) {
    await target.close();
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener, options: Partial<HttpTargetOptions> = {}) {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fn?x=1`;
  const target = new HttpTarget({ url, connections: 4, ...options });
  open.push({ server, target });
  return {
    server,
    url,
    target,
    evaluate: (...ids: string[]) => target.evaluate(ids.map((id) => ({ id, text: `{"id":"${id}"}` }))),
  };
}
const verdict = (id: string) => ({
  specversion: "1.0",
  id,
  source: "/h",
  type: "dev.roundsman.case.verdict.v1",
  data: { id },
});
const BATCHED = { "content-type": "application/cloudevents-batch+json" };

describe("HttpTarget", () => {
  it("carries the trace of each check; a request of one alone is of it too, for whoever stands between", async () => {
    const seen: unknown[] = [];
    const { target } = await serve((request, response) => {
      const { traceparent, "ce-traceparent": own } = request.headers;
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const events = body.startsWith("[") ? JSON.parse(body) : [];
        seen.push([traceparent, own, events.map((event: { traceparent?: string }) => event.traceparent)]);
        response.writeHead(204).end();
      });
    });
    const check = (id: string, traceparent?: string) => ({
      ...{ id, text: "{}" },
      ...(traceparent && { headers: { ce_traceparent: traceparent } }),
    });
    await target.evaluate([check("a", "00-a")]);
    await target.evaluate([check("b")]);
    await target.evaluate([check("c", "00-c"), check("d")]);
    expect(seen).toEqual([
      ["00-a", "00-a", []],
      [undefined, undefined, []],
      [undefined, undefined, ["00-c", undefined]],
    ]);
  });

  it("sends one in binary mode, several as one batch, each with its token as it is then", async () => {
    const seen: unknown[] = [];
    let token = "first";
    const { evaluate } = await serve(
      (request, response) => {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () => {
          const { "ce-id": id, "ce-type": type, "content-type": content, authorization } = request.headers;
          seen.push([request.url, id, type, content, authorization, body]);
          response.writeHead(204).end();
        });
      },
      { token: () => token },
    );
    expect(await evaluate("a")).toEqual([]);
    token = "second";
    expect(await evaluate("a", "b")).toEqual([]);
    const due = "dev.roundsman.check.due.v1";
    expect(seen[0]).toEqual(["/fn?x=1", "a", due, "application/json", "Bearer first", '{"id":"a"}']);
    expect(seen[1]).toMatchObject([
      "/fn?x=1",
      undefined,
      undefined,
      "application/cloudevents-batch+json; charset=utf-8",
      "Bearer second",
      {},
    ]);
    expect(JSON.parse((seen[1] as string[])[5]!)).toMatchObject([
      { specversion: "1.0", id: "a", type: due, data: { id: "a" } },
      { id: "b", data: { id: "b" } },
    ]);
  });

  it("gives the verdicts of a reply by their ids, and leaves out what is none", async () => {
    const other = { ...verdict("x"), type: "other.v1" };
    const { evaluate } = await serve((_, response) =>
      response.writeHead(200, BATCHED).end(JSON.stringify([verdict("b"), other, verdict("a")])),
    );
    expect(await evaluate("a", "b")).toEqual([
      { id: "b", verdict: '{"id":"b"}' },
      { id: "a", verdict: '{"id":"a"}' },
    ]);
  });

  it.each([
    [404, "dispatch-unavailable"],
    [401, "dispatch-unavailable"],
    [403, "dispatch-unavailable"],
    [429, "dispatch-unavailable"],
    [503, "dispatch-unavailable"],
    [408, "dispatch-failed"],
    [409, "dispatch-failed"],
    [500, "dispatch-failed"],
    [502, "dispatch-failed"],
    [504, "dispatch-failed"],
    [302, "dispatch-failed"],
    [400, "dispatch-refused"],
    [405, "dispatch-refused"],
    [413, "dispatch-refused"],
    [415, "dispatch-refused"],
    [422, "dispatch-refused"],
  ])("takes %i for %s", async (status, code) => {
    const { evaluate } = await serve((_, response) =>
      response.writeHead(status, { "retry-after": "2" }).end('{"error":{"code":"x","message":"A sentence."}}'),
    );
    const e = await evaluate("a").catch((e: unknown) => e);
    expect(e).toMatchObject({ code, retry: code !== "dispatch-refused" });
    if (code === "dispatch-unavailable") expect((e as any).details.retryAfter).toBe(2_000);
    else expect((e as Error).message).toContain("A sentence");
  });

  it.each(["", "{", "[]", '[{"id":"a"}]'])("takes a reply that is none for failed: %j", async (body) => {
    const { evaluate } = await serve((_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(body),
    );
    await expect(evaluate("a")).rejects.toMatchObject({ code: "dispatch-failed" });
  });

  it("knows one that is not there from one that breaks off and one that says nothing", async () => {
    const gone = await serve(() => undefined);
    await new Promise((done) => gone.server.close(done));
    await expect(gone.evaluate("a")).rejects.toMatchObject({ code: "dispatch-unavailable" });
    const broken = await serve((request) => request.socket.destroy());
    await expect(broken.evaluate("a")).rejects.toMatchObject({ code: "dispatch-broken" });
    const half = await serve((_, response) => {
      response.writeHead(200, { ...BATCHED, "content-length": "100" }).write("[");
      setTimeout(() => response.destroy(), 10);
    });
    await expect(half.evaluate("a")).rejects.toMatchObject({ code: "dispatch-broken" });
    const silent = await serve(() => undefined, { timeout: 50 });
    await expect(silent.evaluate("a")).rejects.toMatchObject({
      code: "dispatch-failed",
      message: expect.stringContaining("50 ms"),
    });
    const drips = await serve(
      (_, response) => {
        response.writeHead(200, BATCHED);
        const timer = setInterval(() => response.write(" "), 10);
        response.on("close", () => clearInterval(timer));
      },
      { timeout: 60 },
    );
    await expect(drips.evaluate("a")).rejects.toMatchObject({ code: "dispatch-failed" });
  });

  it("keeps its connections", async () => {
    let connections = 0;
    const { server, evaluate } = await serve((request, response) =>
      request.resume().on("end", () => response.writeHead(204).end()),
    );
    server.on("connection", () => connections++);
    for (let i = 0; i < 20; i++) await evaluate("a");
    expect(connections).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 40 }, () => evaluate("a")));
    expect(connections).toBeLessThanOrEqual(4);
  });
});
