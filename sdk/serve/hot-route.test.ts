import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fault } from "../errors.ts";
import { type Callers, LOCAL } from "./callers.ts";
import { hotRoute } from "./hot-route.ts";
import { createServer } from "./http-server.ts";

const callers: Callers = {
  known: async (token) => {
    if (token === "broken") throw fault("callers-unavailable", { what: "the API server is away" });
    if (token === "ana") return { name: "ana", permissions: new Set(["decide"]) };
    return token === "bob" ? { name: "bob", permissions: new Set(["read"]) } : undefined;
  },
};
/** Who came by the long way. */
let long = 0;
const failed: string[] = [];

const start = (known: Callers | undefined) => {
  const app = createServer({ bodyLimit: 500, callers: known, failed: (_, path) => void failed.push(path) });
  app.addHook("preHandler", async () => void long++);
  hotRoute(app, {
    url: "/v1/sum",
    summary: "A sum.",
    body: {},
    answers: {},
    permission: "decide",
    answer: async (body, { name }) => {
      const { numbers } = (body ?? {}) as { numbers?: number[] };
      if (!Array.isArray(numbers)) throw fault("request-invalid", { field: "numbers", what: "is missing" });
      if (numbers.includes(13)) throw new Error("a secret");
      return { sum: numbers.reduce((sum, n) => sum + n, 0), for: name, text: "ü" };
    },
  });
  return app;
};
const apps = { known: start(callers), local: start(undefined) };
beforeAll(async () => {
  for (const app of Object.values(apps)) await app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  for (const app of Object.values(apps)) await app.close();
});

type Headers = Record<string, string | number>;
const post = (which: keyof typeof apps, body: string, headers: Headers = {}, path = "/v1/sum") => {
  const { port } = apps[which].server.address() as AddressInfo;
  return new Promise<unknown[]>((done, fail) => {
    const asking = request({ port, host: "127.0.0.1", path, method: "POST", headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      const { "content-type": type, "content-length": length, "www-authenticate": scheme } = answer.headers;
      answer.on("end", () => done([answer.statusCode, type, length, scheme, JSON.parse(text)]));
    });
    asking.on("error", fail);
    asking.end(body);
  });
};
const JSON_TYPE = "application/json";
const usual = (body: string): Headers => ({ "content-type": JSON_TYPE, "content-length": Buffer.byteLength(body) });

describe("a hot route", () => {
  it.each([
    ['{"numbers":[1,2]}', "ana", 200],
    ['{"numbers":[13]}', "ana", 500],
    ['{"numbers":1}', "ana", 400],
    ["null", "ana", 400],
    ["", "ana", 400],
    ['{"numbers":[1', "ana", 400],
    ['{"numbers":[1],"__proto__":{"x":1}}', "ana", 400],
    ['{"numbers":[1]}', "bob", 403],
    ['{"numbers":[1]}', "nobody", 401],
    ['{"numbers":[1]}', "broken", 503],
    ['{"numbers":[1]}', undefined, 401],
  ])("answers the same by its short way as by the long one: %s for %s", async (body, token, status) => {
    const who: Headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    failed.splice(0);
    const before = long;
    const short = await post("known", body, { ...usual(body), ...who });
    expect(long).toBe(before);
    const other = await post("known", body, { ...usual(body), ...who, "content-type": `${JSON_TYPE}; charset=utf-8` });
    // What is refused before that has not come by the hook.
    if (status === 200) expect(long).toBe(before + 1);
    expect(short[0]).toBe(status);
    expect(short).toEqual(other);
    expect(failed).toHaveLength(status >= 500 ? 2 : 0);
  });

  it("is the local user's where no callers are known", async () => {
    const body = '{"numbers":[4,5]}';
    expect((await post("local", body, usual(body)))[4]).toEqual({ sum: 9, for: LOCAL.name, text: "ü" });
  });

  it.each<[string, Headers, number]>([
    ["another media type", { "content-type": "text/plain" }, 415],
    ["a body that is too long", { "content-type": JSON_TYPE, "content-length": 600 }, 413],
    ["a host that a browser was lured to", { "content-type": JSON_TYPE, host: "evil.example" }, 403],
    ["a body without its length", { "content-type": JSON_TYPE, "transfer-encoding": "chunked" }, 200],
  ])("goes the long way for %s", async (_, headers, status) => {
    const body = '{"numbers":[1]}'.padEnd(Number(headers["content-length"] ?? 0));
    const length: Headers = "transfer-encoding" in headers ? {} : { "content-length": Buffer.byteLength(body) };
    expect((await post("local", body, { ...length, ...headers }))[0]).toBe(status);
  });

  it("is no other route's: a query, another method", async () => {
    const body = '{"numbers":[1]}';
    expect((await post("local", body, usual(body), "/v1/sum?x=1"))[0]).toBe(200);
    expect((await post("local", body, usual(body), "/v1/summe"))[0]).toBe(404);
  });
});
