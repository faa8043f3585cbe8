import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fault } from "#sdk/errors.ts";
import { consume, readWhole } from "./body.ts";
import { faultOf } from "./test-server.ts";
import type { Reply } from "./transport.ts";

const reply = (body: Readable, headers = {}): Reply => ({
  status: 200,
  headers,
  body,
  carrier: { protocol: "h2", onProof: () => () => undefined },
  broken: () => (body.readableEnded ? undefined : fault("kube-interrupted", { server: "s", what: "a test" })),
  cancel: () => body.destroy(),
});

const read = (body: Readable, limit = 100, headers = {}) =>
  readWhole(reply(body, headers), { what: "GET /x", server: "s", stall: 10_000, limit });

describe("a body", () => {
  it("is read whole", async () => {
    const body = new PassThrough();
    body.write("a");
    body.end("é");
    expect(String(await read(body))).toBe("aé");
  });

  it("that was closed before anybody looked is an error at once", async () => {
    const body = new PassThrough();
    body.destroy();
    await once(body, "close");
    expect((await faultOf(read(body))).code).toBe("kube-interrupted");
  });

  it("beyond the limit is refused, packed or not, and cancelled", async () => {
    const body = new PassThrough();
    body.write("x".repeat(60));
    body.write("x".repeat(60));
    expect((await faultOf(read(body))).code).toBe("kube-too-large");
    expect(body.destroyed).toBe(true);
    const packed = new PassThrough();
    packed.end(gzipSync("x".repeat(300)));
    expect((await faultOf(read(packed, 100, { "content-encoding": "gzip" }))).code).toBe("kube-too-large");
  });

  it("that is said to be packed and is not is malformed", async () => {
    const body = new PassThrough();
    body.end("plain");
    expect((await faultOf(read(body, 100, { "content-encoding": "gzip" }))).code).toBe("kube-malformed");
  });

  it("is not read with a signal that is aborted already", async () => {
    const body = new PassThrough();
    const signal = AbortSignal.abort(new Error("before"));
    const options = { onChunk: () => undefined, quiet: 1_000, onQuiet: () => new Error("quiet"), signal };
    await expect(consume(reply(body), options)).rejects.toThrow("before");
    expect(body.destroyed).toBe(true);
  });
});
