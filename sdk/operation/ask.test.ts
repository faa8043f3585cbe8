import { createServer as createHttp, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isFault } from "../errors.ts";
import { type AskOptions, createAsk } from "./ask.ts";
import type { Decision } from "./decision.ts";
import type { OperationRequest } from "./request.ts";

const REQUEST: OperationRequest = {
  id: "id-1",
  matter: "matter-1",
  operation: "drain",
  target: { apiVersion: "v1", kind: "Node", name: "gpu-7", uid: "u-7" },
  cluster: "eu-1",
  actor: "remedy",
  depends: ["v1/Node"],
  due: 1,
  sent: 1,
  reason: "it hangs",
};
const { id, matter, operation, target, cluster, actor } = REQUEST;
const DENIED: Decision = {
  id,
  matter,
  operation,
  target,
  cluster,
  actor,
  outcome: "denied",
  offset: 7,
  time: 1,
  reasons: [{ code: "not-initialised" }],
};
const GRANTED: Decision = { ...DENIED, outcome: "granted", reasons: [], grant: { fence: 7, notAfter: 5_001 } };

async function listening(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => void sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const http = (listener: RequestListener) => listening(createHttp(listener));
const tcp = (taken: (socket: Socket) => void) =>
  listening(createTcp((socket) => taken(socket.on("error", () => undefined))));
const answering = (status: number, body: string) => http((_, response) => void response.writeHead(status).end(body));

/** What comes of asking; a yes would be a decision with a grant. */
async function asked(url: string, more: Partial<AskOptions> = {}): Promise<string> {
  try {
    const { outcome } = await createAsk({ url, timeout: 300, ...more })(REQUEST);
    return outcome;
  } catch (e) {
    if (!isFault(e)) throw e;
    return `${e.code}${e.retry ? " (again)" : ""}: ${e.message}`;
  }
}

describe("createAsk", () => {
  it("brings the decision, with who asks in the token", async () => {
    let seen = "";
    const url = await http((request, response) => {
      seen = `${request.method} ${request.url} ${request.headers.authorization}`;
      response.end(JSON.stringify(GRANTED));
    });
    expect(await createAsk({ url, token: () => "secret" })(REQUEST)).toEqual(GRANTED);
    expect(seen).toBe("POST /v1/decide Bearer secret");
    expect(await asked(await answering(200, JSON.stringify(DENIED)))).toBe("denied");
  });

  it("asks what would be said, and takes no grant from that", async () => {
    const told = (decision: Decision) => answering(200, JSON.stringify({ decision, says: "…" }));
    const { grant: _, ...would } = GRANTED;
    expect(await asked(await told(would), { explain: true })).toBe("granted");
    expect(await asked(await told(GRANTED), { explain: true })).toContain("defender-not-believed");
  });
});

describe("a no, when the defender", () => {
  it("is not there", async () => {
    const url = await http(() => undefined);
    const gone = new URL(url);
    gone.port = "1";
    expect(await asked(gone.href)).toMatch(/^defender-unreachable \(again\): .*(ECONNREFUSED|bad port)/);
    expect(await asked("http://defender.invalid")).toMatch(/^defender-unreachable \(again\)/);
  });
  it.each([
    ["resets", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy())],
    ["closes", (socket: Socket) => socket.once("data", () => socket.end())],
    ["accepts and never answers", (socket: Socket) => socket.resume()],
    ["reads nothing", (socket: Socket) => socket.pause()],
    ["answers half a head", (socket: Socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nconte"))],
    [
      "answers half a body and goes silent",
      (socket: Socket) =>
        socket.once("data", () =>
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n${JSON.stringify(GRANTED).slice(0, 100)}`),
        ),
    ],
    [
      "answers half a body and closes",
      (socket: Socket) =>
        socket.once("data", () =>
          socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n${JSON.stringify(GRANTED).slice(0, 100)}`),
        ),
    ],
    [
      "drips for ever",
      (socket: Socket) => {
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n"));
        const drip = setInterval(() => socket.write(" "), 20);
        socket.once("close", () => clearInterval(drip));
      },
    ],
    ["speaks another protocol", (socket: Socket) => socket.once("data", () => socket.end("220 smtp\r\n"))],
  ] as [string, (socket: Socket) => void][])("%s", async (_, taken) => {
    expect(await asked(await tcp(taken))).toMatch(/^defender-unreachable \(again\): /);
  });
  it("cannot be named a token in time", async () => {
    const url = await answering(200, JSON.stringify(GRANTED));
    expect(await asked(url, { token: () => new Promise(() => undefined) })).toContain("nothing within 300 ms");
    expect(await asked(url, { token: () => Promise.reject(new Error("no such file")) })).toContain("no such file");
  });
  it.each([
    [500, "defender-unreachable (again)"],
    [503, "defender-unreachable (again)"],
    [429, "defender-unreachable (again)"],
    [400, "defender-refused"],
    [401, "defender-refused"],
    [403, "defender-refused"],
    [404, "defender-refused"],
    [202, "defender-refused"],
    [302, "defender-unreachable (again)"],
  ])("answers %d, even with a grant", async (status, code) => {
    const url = await http((_, response) => {
      response.writeHead(status, { location: "/elsewhere" }).end(JSON.stringify(GRANTED));
    });
    expect(await asked(url)).toMatch(new RegExp(`^${code.replace(/[()]/g, "\\$&")}: `));
  });
  it("says why it refuses", async () => {
    const url = await answering(401, '{"error":{"code":"caller-unknown","message":"The token is not known."}}');
    expect(await asked(url)).toContain("with status 401, which means no: The token is not known.");
  });
  it.each([
    ["nothing", ""],
    ["a page", "<html>"],
    ["half a decision", JSON.stringify(GRANTED).slice(0, -5)],
    ["null", "null"],
    ["a list", "[]"],
    ["a bare yes", '{"outcome":"granted"}'],
    ["poison", `{"__proto__":${JSON.stringify(GRANTED)}}`],
    ["a grant without a fence", JSON.stringify({ ...GRANTED, grant: { notAfter: 1 } })],
    ["a yes without a grant", JSON.stringify({ ...GRANTED, grant: undefined })],
    ["a no with a grant", JSON.stringify({ ...DENIED, grant: GRANTED.grant })],
    ["another word", JSON.stringify({ ...GRANTED, outcome: "yes" })],
    ["another id", JSON.stringify({ ...GRANTED, id: "id-2" })],
    ["another matter", JSON.stringify({ ...GRANTED, matter: "matter-2" })],
    ["another operation", JSON.stringify({ ...GRANTED, operation: "reboot" })],
    ["another cluster", JSON.stringify({ ...GRANTED, cluster: "us-1" })],
    ["another target of the name", JSON.stringify({ ...GRANTED, target: { ...target, uid: "u-8" } })],
    ["more than anybody says", `${" ".repeat(1 << 21)}${JSON.stringify(GRANTED)}`],
  ])("answers with %s", async (_, body) => {
    expect(await asked(await answering(200, body))).toMatch(/^defender-not-believed \(again\): /);
  });
});
