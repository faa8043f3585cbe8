/** For tests: every way in which a defender can fail who asks it, with real sockets. Each would say yes if it could. */
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Callers } from "../serve/callers.ts";
import { AUTHORITY, CERTIFICATES } from "../serve/certificates.test-kit.ts";
import { createServer } from "../serve/http-server.ts";
import { reviewedCallers } from "../serve/reviewed-callers.ts";
import { staticCallers } from "../serve/static-callers.ts";
import type { AskOptions } from "./ask.ts";
import type { Decision } from "./decision.ts";
import type { OperationRequest } from "./request.ts";

export type Asked = Pick<AskOptions, "url" | "token" | "ca">;
/** What is said to a request where all is well. */
export type Yes = (request: OperationRequest) => Decision;
export type Broken = readonly [what: string, code: string, start: (yes: Yes) => Promise<Asked>];

/** A defender's yes, at this moment. */
export const yesAt =
  (now: () => number): Yes =>
  ({ id, matter, operation, target, cluster, actor }) => ({
    id,
    matter,
    operation,
    target,
    cluster,
    actor,
    outcome: "granted",
    offset: 7,
    time: now(),
    reasons: [],
    grant: { fence: 7, notAfter: now() + 5_000 },
  });

async function listening(server: Server, scheme = "http"): Promise<Asked> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => void sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
export const http = (listener: RequestListener) => listening(createHttp(listener));
const tcp = (taken: (socket: Socket) => void) => () =>
  listening(createTcp((socket) => taken(socket.on("error", () => undefined))));

const says =
  (say: (request: OperationRequest) => string, status = 200): RequestListener =>
  (incoming, response) => {
    let text = "";
    incoming.on("data", (chunk) => (text += chunk));
    incoming.on("end", () => response.writeHead(status, { location: "/elsewhere" }).end(say(JSON.parse(text))));
  };
/** Answers with what `say` makes of the request. */
export const answering = (say: (request: OperationRequest) => string, status = 200) => http(says(say, status));
/** The same over TLS, under one of the certificates. */
export const secretly = async (which: keyof typeof CERTIFICATES, yes: Yes): Promise<Asked> => {
  const server = createHttps(
    CERTIFICATES[which],
    says((request) => JSON.stringify(yes(request))),
  );
  return { ...(await listening(server, "https")), ca: AUTHORITY };
};
const half = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n${text}`;
/** A defender of ours that would grant, to who is known and may ask. */
const asking =
  (callers: Callers, token: string) =>
  async (yes: Yes): Promise<Asked> => {
    const app = createServer({ callers, failed: () => undefined });
    app.post("/v1/decide", { config: { permission: "decide" } }, ({ body }) => yes(body as OperationRequest));
    await app.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => app.close());
    return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, token: () => token };
  };
const reviewed = (review: () => Promise<object>) =>
  reviewedCallers({ review, rights: [{ user: "*", permissions: ["*"] }], clock: { monotonic: () => 0 } });
const known = staticCallers("bot decide token-of-bot-0123456789\neve read token-of-eve-0123456789", "callers");

const gone = async (): Promise<Asked> => {
  const server = createTcp().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return { url: `http://127.0.0.1:${port}` };
};

const SILENT: readonly Broken[] = [
  ["is not there", "defender-unreachable", gone],
  ["has a name that nobody knows", "defender-unreachable", async () => ({ url: "http://defender.invalid" })],
  ["resets", "defender-unreachable", tcp((socket) => socket.once("data", () => socket.resetAndDestroy()))],
  ["closes", "defender-unreachable", tcp((socket) => socket.once("data", () => socket.end()))],
  ["accepts and never answers", "defender-unreachable", tcp((socket) => socket.resume())],
  ["accepts and never reads", "defender-unreachable", tcp((socket) => socket.pause())],
  [
    "answers half a head",
    "defender-unreachable",
    tcp((socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nconte"))),
  ],
  [
    "answers half a body and goes silent",
    "defender-unreachable",
    tcp((socket) => socket.once("data", () => socket.write(half('{"outcome":"granted"')))),
  ],
  [
    "answers half a body and closes",
    "defender-unreachable",
    tcp((socket) => socket.once("data", () => socket.end(half('{"outcome":"granted"')))),
  ],
  [
    "drips for ever",
    "defender-unreachable",
    tcp((socket) => {
      socket.once("data", () => socket.write(half("")));
      const drip = setInterval(() => socket.write(" "), 20);
      socket.once("close", () => clearInterval(drip));
    }),
  ],
  [
    "speaks another protocol",
    "defender-unreachable",
    tcp((socket) => socket.once("data", () => socket.end("220 smtp\r\n"))),
  ],
  [
    "has no token to be named in time",
    "defender-unreachable",
    async (yes) => ({
      ...(await answering((request) => JSON.stringify(yes(request)))),
      token: () => new Promise<string>(() => undefined),
    }),
  ],
];

const DOUBTFUL: readonly Broken[] = [
  ...(
    [
      ["has an expired certificate", "expired"],
      ["has a certificate of the future", "early"],
      ["has a certificate of another authority", "other"],
      ["has another host's certificate", "elsewhere"],
    ] as const
  ).map(([what, which]): Broken => [what, "defender-unreachable", (yes) => secretly(which, yes)]),
  [
    "has a certificate of an authority that was not named",
    "defender-unreachable",
    async (yes) => ({ url: (await secretly("good", yes)).url }),
  ],
  [
    "speaks TLS where none is expected",
    "defender-unreachable",
    async (yes) => ({ url: (await secretly("good", yes)).url.replace("https", "http") }),
  ],
  [
    "speaks no TLS where it is expected",
    "defender-unreachable",
    async (yes) => ({
      url: (await answering((request) => JSON.stringify(yes(request)))).url.replace("http", "https"),
      ca: AUTHORITY,
    }),
  ],
];

const REFUSING: readonly Broken[] = [
  ...([500, 502, 503, 429] as const).map(
    (status): Broken => [
      `answers ${status}, with a grant`,
      "defender-unreachable",
      (yes) => answering((request) => JSON.stringify(yes(request)), status),
    ],
  ),
  ...([302, 400, 404, 202] as const).map(
    (status): Broken => [
      `answers ${status}, with a grant`,
      "defender-refused",
      (yes) => answering((request) => JSON.stringify(yes(request)), status),
    ],
  ),
  ["is given no token", "defender-refused", async (yes) => ({ url: (await asking(known, "")(yes)).url })],
  ["is given a wrong token", "defender-refused", asking(known, "token-of-nobody-012345")],
  ["is given a token that may not ask", "defender-refused", asking(known, "token-of-eve-0123456789")],
  [
    "is given an expired token",
    "defender-refused",
    asking(
      reviewed(async () => ({ authenticated: false })),
      "expired",
    ),
  ],
  [
    "is given a token for another audience",
    "defender-refused",
    asking(
      reviewed(async () => ({ authenticated: true, audiences: ["api"], user: { username: "bot" } })),
      "elsewhere",
    ),
  ],
  [
    "cannot find out whose token it is",
    "defender-unreachable",
    asking(
      reviewed(() => Promise.reject(new Error("the API server is away"))),
      "t",
    ),
  ],
];

const changed =
  (change: (decision: Decision) => object) =>
  (yes: Yes): Promise<Asked> =>
    answering((request) => JSON.stringify(change(yes(request))));
const saying = (text: string) => (): Promise<Asked> => answering(() => text);

const LYING: readonly Broken[] = (
  [
    ["nothing", saying("")],
    ["a page", saying("<html>")],
    ["half a decision", (yes) => answering((request) => JSON.stringify(yes(request)).slice(0, -5))],
    ["null", saying("null")],
    ["a list", saying("[]")],
    ["a bare yes", saying('{"outcome":"granted"}')],
    ["poison", (yes) => answering((request) => `{"__proto__":${JSON.stringify(yes(request))}}`)],
    ["a grant without a fence", changed((d) => ({ ...d, grant: { notAfter: d.grant!.notAfter } }))],
    ["a yes without a grant", changed(({ grant: _, ...d }) => d)],
    ["a no with a grant", changed((d) => ({ ...d, outcome: "denied" }))],
    ["another word", changed((d) => ({ ...d, outcome: "yes" }))],
    ["another id", changed((d) => ({ ...d, id: `${d.id}-2` }))],
    ["another matter", changed((d) => ({ ...d, matter: `${d.matter}-2` }))],
    ["another operation", changed((d) => ({ ...d, operation: "uncordon" }))],
    ["another cluster", changed((d) => ({ ...d, cluster: "us-1" }))],
    ["another object of the name", changed((d) => ({ ...d, target: { ...d.target, uid: "u-8" } }))],
    ["more than anybody says", (yes) => answering((r) => " ".repeat(1 << 21) + JSON.stringify(yes(r)))],
  ] as [string, Broken[2]][]
).map(([what, start]) => [`answers with ${what}`, "defender-not-believed", start]);

export const BROKEN: readonly Broken[] = [...SILENT, ...DOUBTFUL, ...REFUSING, ...LYING];
