/** Posts a signed event to a service outside: to hosts that are named, at addresses that are looked at as they are dialled. */
import { createHmac } from "node:crypto";
import { lookup as dnsLookup } from "node:dns";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { fault, sayError } from "#sdk/errors.ts";
import { type Event, encodeStructured } from "#sdk/event/index.ts";
import { addressKind } from "./addresses.ts";

/**
 * Answers the status, which is one of 2xx.
 * @throws post-refused: it was not sent, or not taken. post-unanswered: nobody knows
 */
export type Post = (url: string, event: Event, signal?: AbortSignal) => Promise<number>;

export interface PostOptions {
  /** `host` or `host:port`, exactly. Loopback is reached only where it is named itself. None = nothing may be called. */
  readonly allowed: readonly string[];
  /** Signs what is sent, as Standard Webhooks do. */
  readonly secret: string | undefined;
  readonly clock: { now(): number };
  /** ms until the answer is there. Default 10 s. */
  readonly timeout?: number;
  readonly lookup?: typeof dnsLookup;
}

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function createPost({ allowed, secret, clock, timeout = 10_000, lookup = dnsLookup }: PostOptions): Post {
  const check = (url: URL): void => {
    const no = (what: string) => fault("post-refused", { url: url.origin, what });
    if (url.username !== "" || url.password !== "") throw no("its URL carries a login");
    if (!allowed.includes(url.host) && !allowed.includes(url.hostname))
      throw no(`${url.host} is not among the hosts that webhooks may call`);
    if (secret === undefined) throw no("there is no secret to sign with");
    const address = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(address) !== 0) checkAddress(url, address);
  };
  const checkAddress = (url: URL, address: string): void => {
    const kind = addressKind(address);
    if (kind === "usual" || (kind === "loopback" && LOOPBACK_NAMES.has(url.hostname))) return;
    throw fault("post-refused", {
      url: url.origin,
      what: `${url.hostname} leads to ${address}, which is never called`,
    });
  };
  /** Every address that the name has now is looked at, and the one that is dialled is one of them. */
  const checked = (url: URL): LookupFunction =>
    ((host: string, options: object, done: (e: unknown, ...rest: unknown[]) => void) => {
      lookup(host, { ...options, all: true }, (e, addresses) => {
        if (e) return done(e);
        try {
          for (const { address } of addresses) checkAddress(url, address);
        } catch (refused) {
          return done(refused);
        }
        if ((options as { all?: boolean }).all) return done(null, addresses);
        return done(null, addresses[0]!.address, addresses[0]!.family);
      });
    }) as LookupFunction;

  return async (target, event, signal) => {
    const url = URL.canParse(target) ? new URL(target) : undefined;
    if (!url || (url.protocol !== "http:" && url.protocol !== "https:"))
      throw fault("post-refused", { url: target, what: "it is no http:// or https:// URL" });
    check(url);
    const { headers, body } = encodeStructured(event);
    const time = String(Math.floor(clock.now() / 1000));
    const signature = createHmac("sha256", secret!).update(`${event.id}.${time}.${body}`).digest("base64");
    const signed = { "webhook-id": event.id, "webhook-timestamp": time, "webhook-signature": `v1,${signature}` };
    const status = await send(url, { ...headers, ...signed }, String(body), checked(url), timeout, signal);
    if (status >= 200 && status < 300) return status;
    // A redirect is not followed: it could lead anywhere.
    if (status < 500) throw fault("post-refused", { url: url.origin, what: `it answered ${status}` });
    throw fault("post-unanswered", { url: url.origin, what: `it answered ${status}` });
  };
}

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  lookup: LookupFunction,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const request = url.protocol === "https:" ? secure : plain;
  const limit = AbortSignal.timeout(timeout);
  return new Promise((resolve, reject) => {
    let connected = false;
    const sending = request(
      url,
      {
        method: "POST",
        headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
        lookup,
        agent: false,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sending.on("socket", (socket) => socket.once("connect", () => (connected = true)));
    sending.on("error", (e) => {
      const code = connected ? "post-unanswered" : "post-refused";
      const isOurs = "code" in e && e.code === "post-refused";
      reject(isOurs ? e : fault(code, { url: url.origin, what: sayError(e) }, e));
    });
    sending.end(body);
  });
}
