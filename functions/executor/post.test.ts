import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeEvent } from "#sdk/event/index.ts";
import { addressKind } from "./addresses.ts";
import { createPost, type PostOptions } from "./post.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const event = makeEvent({ id: "r1", source: "/clusters/c/executor", type: "t", data: { a: 1 } });
const usual: PostOptions = { allowed: ["127.0.0.1"], secret: "s3cret", clock: { now: () => NOW } };

async function service(status = 200, headers: Record<string, string> = {}) {
  const got: { request: IncomingMessage; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      got.push({ request, body });
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, got };
}

/** A name server that answers these addresses. */
const resolving = (...addresses: string[]): NonNullable<PostOptions["lookup"]> =>
  ((_: string, __: object, done: (e: null, all: object[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    )) as never;

describe("a webhook", () => {
  it("is sent once, as a CloudEvent, signed", async () => {
    const { port, got } = await service(202);
    expect(await createPost(usual)(`http://127.0.0.1:${port}/repair`, event)).toBe(202);
    expect(got).toHaveLength(1);
    const { request, body } = got[0]!;
    expect(`${request.method} ${request.url}`).toBe("POST /repair");
    expect(request.headers["content-type"]).toContain("application/cloudevents+json");
    expect(JSON.parse(body)).toMatchObject({ id: "r1", data: { a: 1 } });
    const time = String(NOW / 1000);
    const signature = createHmac("sha256", "s3cret").update(`r1.${time}.${body}`).digest("base64");
    expect(request.headers).toMatchObject({
      "webhook-id": "r1",
      "webhook-timestamp": time,
      "webhook-signature": `v1,${signature}`,
    });
  });

  it.each([
    ["a host that is not named", "http://other.example/", {}, "not among the hosts"],
    ["anybody where none is named", "http://127.0.0.1/", { allowed: [] }, "not among the hosts"],
    ["anybody without a secret", "http://127.0.0.1/", { secret: undefined }, "no secret"],
    ["with a login in the URL", "http://me:pw@127.0.0.1/", {}, "login"],
    ["a file", "file:///etc/passwd", {}, "no http"],
    ["a metadata service", "http://169.254.169.254/", { allowed: ["169.254.169.254"] }, "never called"],
    ["it in decimal", "http://2852039166/", { allowed: ["169.254.169.254"] }, "never called"],
    ["it in IPv6's clothes", "http://[::ffff:169.254.169.254]/", { allowed: ["[::ffff:a9fe:a9fe]"] }, "never called"],
    ["loopback by another name", "http://0x7f.1/", { allowed: ["0x7f.1"] }, "not among the hosts"],
    [
      "a name that leads to a metadata service",
      "http://shop.example/",
      { allowed: ["shop.example"], lookup: resolving("169.254.169.254") },
      "leads to 169.254.169.254",
    ],
    [
      "a name that leads there too",
      "http://shop.example/",
      { allowed: ["shop.example"], lookup: resolving("192.0.2.1", "fd00:ec2::254") },
      "leads to fd00:ec2::254",
    ],
    [
      "a name that leads to loopback",
      "http://shop.example/",
      { allowed: ["shop.example"], lookup: resolving("127.0.0.1") },
      "leads to 127.0.0.1",
    ],
  ] as const)("does not call %s", async (_, url, more, says) => {
    const refused = createPost({ ...usual, ...more })(url, event);
    await expect(refused).rejects.toMatchObject({ code: "post-refused", message: expect.stringContaining(says) });
    await expect(refused).rejects.not.toThrow(/pw/);
  });

  it.each([
    [400, {}, "post-refused"],
    [302, { location: "http://169.254.169.254/" }, "post-refused"],
    [503, {}, "post-unanswered"],
  ] as const)("that is answered with %d is not sent again", async (status, headers, code) => {
    const { port, got } = await service(status, headers);
    await expect(createPost(usual)(`http://127.0.0.1:${port}/`, event)).rejects.toMatchObject({ code });
    expect(got).toHaveLength(1);
  });

  it("that is cut after it was sent leaves open what came of it; one that never connected does not", async () => {
    const server = createServer((request) => request.socket.destroy());
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const post = createPost(usual);
    await expect(post(`http://127.0.0.1:${port}/`, event)).rejects.toMatchObject({ code: "post-unanswered" });
    await new Promise((done) => server.close(done));
    await expect(post(`http://127.0.0.1:${port}/`, event)).rejects.toMatchObject({ code: "post-refused" });
  });
});

it.each([
  ["169.254.0.1", "never"],
  ["100.100.100.200", "never"],
  ["0.0.0.0", "never"],
  ["::", "never"],
  ["fe80::1", "never"],
  ["64:ff9b::a9fe:a9fe", "never"],
  ["::ffff:169.254.1.1", "never"],
  ["127.8.0.1", "loopback"],
  ["::1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["10.0.0.1", "usual"],
  ["2001:db8::1", "usual"],
  ["fd12::1", "usual"],
])("%s is called: %s", (address, kind) => expect(addressKind(address)).toBe(kind));
