import { afterEach, describe, expect, it } from "vitest";
import { fault } from "../errors.ts";
import type { Callers } from "./callers.ts";
import { createServer } from "./http-server.ts";

const failed: string[] = [];
const app = () => {
  const server = createServer({ bodyLimit: 1_000, failed: (_, path) => void failed.push(path) });
  const body = { type: "object", additionalProperties: false, required: ["n"], properties: { n: { type: "integer" } } };
  server.post("/n", { schema: { body } }, (request) => ({ got: request.body }));
  server.get("/inside", () => {
    throw new Error("a secret");
  });
  server.get("/fault", () => {
    throw fault("kube-unreachable", { server: "s", what: "w", check: "c" });
  });
  return server;
};
afterEach(() => void failed.splice(0));

const host = "127.0.0.1:8080";
const post = (payload: string, headers: object = {}) =>
  app().inject({
    method: "POST",
    url: "/n",
    payload,
    headers: { host, "content-type": "application/json", ...headers },
  });

describe("createServer", () => {
  it("takes what its schema says, as it is", async () => {
    expect((await post('{"n":1}')).json()).toEqual({ got: { n: 1 } });
  });

  it.each([
    ['{"n":1,"more":2}', 400, "request-invalid"],
    ['{"n":"1"}', 400, "request-invalid"],
    ["{}", 400, "request-invalid"],
    ['{"n":1', 400, "json-invalid"],
    ['{"n":1,"__proto__":{"x":1}}', 400, "json-poisoned"],
    [`{"n":${" ".repeat(1_000)}1}`, 413, "request-refused"],
  ])("refuses and never repairs: %s", async (payload, status, code) => {
    const answer = await post(payload);
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("refuses another media type", async () => {
    expect((await post("n=1", { "content-type": "application/x-www-form-urlencoded" })).statusCode).toBe(415);
  });

  it.each(["evil.example", "evil.example:8080", "127.0.0.1.evil.example"])(
    "is not known as %j: what a browser was lured to does not reach it",
    async (other) => {
      const answer = await app().inject({ method: "GET", url: "/inside", headers: { host: other } });
      expect([answer.statusCode, answer.json().error.code]).toEqual([403, "host-refused"]);
    },
  );

  it.each(["localhost", "LOCALHOST:1", "[::1]:8080", "127.0.0.1"])("is known as %s", async (known) => {
    expect((await app().inject({ method: "GET", url: "/none", headers: { host: known } })).statusCode).toBe(404);
  });

  it("keeps what went wrong inside to itself, and tells the log", async () => {
    const answer = await app().inject({ method: "GET", url: "/inside", headers: { host } });
    expect([answer.statusCode, answer.body.includes("secret")]).toEqual([500, false]);
    expect(failed).toEqual(["/inside"]);
  });

  it("answers an error of the catalogue with its status, code and sentence", async () => {
    const answer = await app().inject({ method: "GET", url: "/fault", headers: { host } });
    expect([answer.statusCode, answer.json().error]).toEqual([
      502,
      { code: "kube-unreachable", message: "s cannot be reached: w. c." },
    ]);
  });

  it("says what is not there", async () => {
    const answer = await app().inject({ method: "GET", url: "/none?x=1", headers: { host } });
    expect(answer.json()).toEqual({ error: { code: "not-found", message: "There is no GET /none." } });
  });
});

describe("callers", () => {
  const ANA = "Bearer token-of-ana";
  const callers: Callers = {
    known: async (token) => {
      if (token === "broken") throw fault("callers-unavailable", { what: "the API server is away" });
      return token === "token-of-ana" ? { name: "ana", permissions: new Set(["read", "brake"]) } : undefined;
    },
  };
  const asked = (options: Partial<Parameters<typeof createServer>[0]>) => {
    const server = createServer({ failed: () => undefined, ...options });
    server.get("/livez", () => ({ status: "ok" }));
    server.get("/who", ({ caller }) => ({ who: caller.name }));
    server.post("/brake", { config: { permission: "brake" } }, ({ caller }) => ({ who: caller.name }));
    server.post("/release", { config: { permission: "release" } }, ({ caller }) => ({ who: caller.name }));
    return async (method: "GET" | "POST", url: string, authorization?: string, headers: object = {}) => {
      const answer = await server.inject({
        method,
        url,
        headers: { host, ...headers, ...(authorization && { authorization }) },
      });
      return [answer.statusCode, answer.json().who ?? answer.json().error?.code];
    };
  };

  it("are the local user where none are known, on loopback", async () => {
    const ask = asked({});
    expect(await ask("GET", "/who")).toEqual([200, "local"]);
    expect(await ask("POST", "/release", "Bearer whatever")).toEqual([200, "local"]);
  });

  it.each([{ callers }, { callers, address: "0.0.0.0" }])("are asked for their token: %o", async (options) => {
    const ask = asked(options);
    expect((await ask("GET", "/livez"))[0]).toBe(200);
    expect(await ask("GET", "/who")).toEqual([401, "caller-unknown"]);
    expect(await ask("GET", "/none")).toEqual([401, "caller-unknown"]);
    for (const wrong of ["Bearer other", "token-of-ana", "Basic token-of-ana", "Bearer ", "Bearer token-of-ana x"])
      expect(await ask("GET", "/who", wrong)).toEqual([401, "caller-unknown"]);
    expect(await ask("GET", "/who", ANA)).toEqual([200, "ana"]);
    expect(await ask("POST", "/brake", ANA)).toEqual([200, "ana"]);
    expect(await ask("POST", "/release", ANA)).toEqual([403, "caller-forbidden"]);
    expect(await ask("GET", "/who", "Bearer broken")).toEqual([503, "callers-unavailable"]);
  });

  it("may call another address by any name of it, and loopback by its own", async () => {
    const other = { host: "roundsman.svc:8080" };
    expect(await asked({ callers, address: "10.0.0.7" })("GET", "/who", ANA, other)).toEqual([200, "ana"]);
    expect(await asked({ callers })("GET", "/who", ANA, other)).toEqual([403, "host-refused"]);
  });

  it.each(["0.0.0.0", "::", "10.0.0.7", "127.0.0.1.example"])("must be known to listen on %s", (address) => {
    expect(() => createServer({ address, failed: () => undefined })).toThrow("callers must be known");
  });
});
