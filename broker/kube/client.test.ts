import { createServer } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Access } from "./access.ts";
import type { Credentials } from "./credentials.ts";
import { clientOf, faultOf, type Handler, json, serve, statusObject, until } from "./test-server.ts";

const accessWith = (server: string, credentials: Access["credentials"]): Access => ({
  cluster: "c",
  server,
  namespace: "default",
  source: "a test",
  credentials,
});

const bearer = (token: string): Credentials => ({
  tls: { rejectUnauthorized: true },
  headers: { authorization: `Bearer ${token}` },
});

/** Lets in who has the token. */
const guarded =
  (token: string): Handler =>
  (request, response) =>
    request.headers.authorization === `Bearer ${token}`
      ? json(response, { ok: true })
      : json(response, statusObject(401, "Unauthorized", "Unauthorized"), 401);

describe.each(["h2", "http/1.1"] as const)("credentials over %s", (protocol) => {
  it("are fetched anew once when the server refuses them", async () => {
    const server = await serve(protocol, guarded("new"));
    const asked: (string | undefined)[] = [];
    const credentials = async (rejected?: Credentials) => {
      asked.push(rejected?.headers.authorization);
      return bearer(rejected ? "new" : "old");
    };
    expect(await clientOf(server, { access: accessWith(server.url, credentials) }).get("/api/v1/pods")).toEqual({
      ok: true,
    });
    expect(asked).toEqual([undefined, "Bearer old"]);
  });

  it("that stay refused are an error that names where they come from", async () => {
    const server = await serve(protocol, guarded("other"));
    let asked = 0;
    const access = accessWith(server.url, async () => {
      asked += 1;
      return bearer("old");
    });
    const error = await faultOf(clientOf(server, { access }).get("/api/v1/pods"));
    expect([error.code, error.details.source, asked]).toEqual(["kube-unauthorized", "a test", 2]);
  });

  it("with another certificate make another connection, and the old one is closed", async () => {
    const server = await serve(protocol, (_, response) => json(response, { ok: true }));
    let tls = { cert: "one", rejectUnauthorized: true };
    const access = accessWith(server.url, async () => ({ tls, headers: {} }));
    const client = clientOf(server, { access, timeouts: { heartbeat: 60_000 } });
    await client.get("/a");
    await client.get("/b");
    expect(server.sockets).toHaveLength(1);
    tls = { cert: "two", rejectUnauthorized: true };
    await client.get("/c");
    expect(server.sockets).toHaveLength(2);
    await until(() => server.sockets[0]?.destroyed === true);
  });
});

describe("request", () => {
  it("sends what it is told", async () => {
    for (const protocol of ["h2", "http/1.1"] as const) {
      const server = await serve(protocol, (request, response) => {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        request.on("end", () =>
          json(response, { method: request.method, type: request.headers["content-type"], body }, 201),
        );
      });
      const headers = { "content-type": "application/merge-patch+json" };
      const response = await clientOf(server).request({ method: "PATCH", path: "/x", headers, body: '{"a":"é"}' });
      expect(response.status).toBe(201);
      expect(JSON.parse(response.text)).toEqual({
        method: "PATCH",
        type: "application/merge-patch+json",
        body: '{"a":"é"}',
      });
      const gone = await clientOf(server).request({ method: "DELETE", path: "/x", headers, body: '{"a":"é"}' });
      expect(JSON.parse(gone.text)).toMatchObject({ method: "DELETE", body: '{"a":"é"}' });
    }
  });
});

describe("a proxy", () => {
  const tunnelTo = async (allow: boolean) => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      if (!allow) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      const { hostname, port } = new URL(`http://${request.url}`);
      const onward = connectTcp(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      return socket.on("error", () => onward.destroy());
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    onTestFinished(() => void proxy.close());
    return { url: `http://me:s3cret@127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
  };

  it("is gone through by CONNECT", async () => {
    const server = await serve("http/1.1", (_, response) => json(response, { ok: true }));
    const proxy = await tunnelTo(true);
    const access = { ...accessWith(server.url, async () => bearer("t")), proxy: proxy.url };
    expect(await clientOf(server, { access }).get("/api/v1/pods")).toEqual({ ok: true });
    const login = Buffer.from("me:s3cret").toString("base64");
    // Once for each connection, however many it took.
    expect(new Set(proxy.asked)).toEqual(new Set([`${new URL(server.url).host} Basic ${login}`]));
  });

  it("that refuses is named, without its password", async () => {
    const proxy = await tunnelTo(false);
    const server = await serve("http/1.1", () => undefined);
    const access = { ...accessWith(server.url, async () => bearer("t")), proxy: proxy.url };
    const error = await faultOf(clientOf(server, { access }).get("/api/v1/pods"));
    expect(error.code).toBe("kube-unreachable");
    expect(error.message).toContain("with status 407");
    expect(error.message).not.toContain("s3cret");
  });
});
