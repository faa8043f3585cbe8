import { afterEach, describe, expect, it } from "vitest";
import { fault } from "../errors.ts";
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
