import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { clientOf, faultOf, type Handler, json, serve, until, withVersion } from "./test-server.ts";

/** Watches that never end; whatever else is answered at once. */
const watches: Handler = withVersion((request, response) => {
  if (request.url?.includes("watch=1")) response.write("\n");
  else json(response, { ok: true });
});

const options = { resourceVersion: "1", onEvents: () => undefined };

describe("HTTP/2 sessions", () => {
  it("are as many as the watches need, with 10 streams kept free on each", async () => {
    const server = await serve("h2", watches, 100);
    const client = clientOf(server);
    const running = Array.from({ length: 200 }, () => client.watch("/api/v1/pods", options));
    await until(() => server.streams.reduce((sum, { now }) => sum + now, 0) >= 200);
    expect(server.sessions).toHaveLength(3);
    // 90 watches and at times a heartbeat
    for (const { most } of server.streams) expect(most).toBeLessThanOrEqual(91);
    await until(() => running.every((watch) => watch.provenAt() > 0));
    expect(await client.get("/api/v1/nodes")).toEqual({ ok: true });
    const parallel = await Promise.all(Array.from({ length: 60 }, () => client.get("/api/v1/nodes")));
    expect(parallel).toHaveLength(60);
    for (const { most } of server.streams) expect(most).toBeLessThanOrEqual(100);
  });

  it("leave half of a very small limit", async () => {
    const server = await serve("h2", watches, 4);
    const client = clientOf(server);
    const running = Array.from({ length: 6 }, () => client.watch("/api/v1/pods", options));
    await until(() => running.every((watch) => watch.provenAt() > 0));
    expect(server.sessions).toHaveLength(3);
    expect(await client.get("/api/v1/nodes")).toEqual({ ok: true });
  });

  it("that say GOAWAY lose their watches, and others are opened", async () => {
    const server = await serve("h2", watches);
    const client = clientOf(server);
    const watch = client.watch("/api/v1/pods", options);
    await until(() => watch.provenAt() > 0);
    server.sessions[0]?.goaway(0);
    const error = await faultOf(watch.done);
    expect([error.code, error.retry]).toEqual(["kube-interrupted", true]);
    expect(error.message).toContain("GOAWAY");
    expect(await client.get("/api/v1/nodes")).toEqual({ ok: true });
    expect(server.sessions).toHaveLength(2);
  });

  it("that say GOAWAY let a short request end", async () => {
    const server = await serve("h2", (_request, response) => {
      server.sessions[0]?.goaway(0);
      setTimeout(() => json(response, { ok: true }), 30);
    });
    expect(await clientOf(server).get("/api/v1/nodes")).toEqual({ ok: true });
  });

  it("are closed when they are not used", async () => {
    const server = await serve("h2", watches);
    const client = clientOf(server, { timeouts: { idle: 30 } });
    await client.get("/api/v1/nodes");
    await until(() => server.sockets.every((socket) => socket.destroyed));
    await client.get("/api/v1/nodes");
    expect(server.sockets).toHaveLength(2);
  });

  it("are given up when no settings come", async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((done) => mute.listen(0, "127.0.0.1", done));
    const { port } = mute.address() as { port: number };
    const server = { url: `http://127.0.0.1:${port}`, protocol: "h2" as const, sockets: [], sessions: [], streams: [] };
    const client = clientOf({ ...server, stop: async () => undefined }, { timeouts: { connect: 40 } });
    const error = await faultOf(client.version());
    expect([error.code, error.retry]).toEqual(["kube-unreachable", true]);
    mute.close();
  });
});

describe.each(["h2", "http/1.1"] as const)("connections over %s", (protocol) => {
  it("whose GET is left unanswered lose their watches", async () => {
    let mute = false;
    const server = await serve(protocol, (request, response) => {
      if (!(mute && request.url === "/version")) watches(request, response);
    });
    const warnings: string[] = [];
    const client = clientOf(server, {
      timeouts: { heartbeatAnswer: 60 },
      log: { info: () => undefined, warn: (_, message) => warnings.push(message) },
    });
    const running = [client.watch("/api/v1/pods", options), client.watch("/api/v1/nodes", options)];
    await until(() => running.every((watch) => watch.provenAt() > 0));
    mute = true;
    for (const error of await Promise.all(running.map((watch) => faultOf(watch.done)))) {
      expect([error.code, error.retry]).toEqual(["kube-interrupted", true]);
      expect(error.message).toContain("left unanswered");
    }
    expect(warnings).toHaveLength(1);
    mute = false;
    expect(await client.get("/api/v1/nodes")).toEqual({ ok: true });
  });

  it("are made anew after the server was away", async () => {
    let server = await serve(protocol, watches);
    const client = clientOf(server);
    const watch = client.watch("/api/v1/pods", options);
    await until(() => watch.provenAt() > 0);
    await server.stop();
    expect((await faultOf(watch.done)).code).toBe("kube-interrupted");
    const refused = await faultOf(client.version());
    expect([refused.code, refused.retry]).toEqual(["kube-unreachable", true]);
    expect(refused.message).toContain("Nothing listens there");
    server = await serve(protocol, watches, 100, Number(new URL(server.url).port));
    expect(await client.version()).toEqual({ major: 1, minor: 34, gitVersion: "v1.34.4-test" });
  });

  it("refuse to be asked after close", async () => {
    const client = clientOf(await serve(protocol, watches));
    await client.version();
    client.close();
    expect((await faultOf(client.version())).code).toBe("kube-closed");
  });

  it("give up a request that is not answered", async () => {
    const server = await serve(
      protocol,
      withVersion(() => undefined),
    );
    const error = await faultOf(clientOf(server, { timeouts: { response: 40 } }).get("/api/v1/nodes"));
    expect(error.code).toBe("kube-interrupted");
    expect(error.message).toContain("no answer to GET /api/v1/nodes within 40 ms");
  });
});

describe("HTTP/1.1 connections", () => {
  it("that the server closes in the moment they are taken again are replaced, for a GET", async () => {
    const used = new Set<unknown>();
    const server = await serve("http/1.1", (request, response) => {
      if (used.has(request.socket)) return request.socket.resetAndDestroy();
      used.add(request.socket);
      return json(response, { ok: true });
    });
    const client = clientOf(server, { timeouts: { heartbeat: 60_000 } });
    await client.get("/a");
    expect(await client.get("/b")).toEqual({ ok: true });
    expect(used.size).toBe(2);
    const error = await faultOf(client.request({ method: "POST", path: "/c", body: "{}" }));
    expect(error.code).toBe("kube-interrupted");
  });
});
