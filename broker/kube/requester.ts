/** Sends requests with credentials, renews these once when they are refused, and turns refusals into errors. */
import { sayError } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Access } from "./access.ts";
import { readWhole } from "./body.ts";
import type { Protocol } from "./dial.ts";
import { readFailure, statusFault } from "./status.ts";
import type { Logger, Reply, Timeouts, Transport } from "./transport.ts";

export interface KubeRequest {
  /** Default GET. */
  readonly method?: string;
  /** With its query, such as `/api/v1/pods?limit=1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface Requester {
  readonly access: Access;
  readonly timeouts: Timeouts;
  readonly clock: Pick<Clock, "monotonic">;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly log?: Logger;
  /** What the server speaks; connects to find out. */
  protocol(): Promise<Protocol>;
  /** A reply of status 2xx with its body unread. Any other status rejects: see `statusFault`. */
  open(request: KubeRequest & { readonly lasting?: boolean }): Promise<Reply>;
  /** A reply of status 2xx, whole and unpacked. */
  fetch(request: KubeRequest): Promise<{ readonly reply: Reply; readonly body: Buffer }>;
}

export interface RequesterOptions {
  readonly access: Access;
  readonly transport: Transport;
  readonly timeouts: Timeouts;
  readonly clock: Pick<Clock, "monotonic">;
  readonly random: () => number;
  readonly log?: Logger;
}

/** Bytes: well under what V8 can hold in one string. */
const LARGEST = 256 << 20;

export function createRequester({ access, transport, ...options }: RequesterOptions): Requester {
  const { server, source } = access;
  const readOf = (method: string, path: string, signal?: AbortSignal) => ({
    what: `${method} ${path.split("?")[0]}`,
    server,
    stall: options.timeouts.stall,
    limit: LARGEST,
    ...(signal && { signal }),
  });

  const open: Requester["open"] = async ({ method = "GET", headers = {}, lasting = false, ...request }) => {
    const send = { ...request, method, lasting, headers: { accept: "application/json", ...headers } };
    let credentials = await access.credentials();
    let reply = await transport.open({ ...send, credentials });
    if (reply.status === 401) {
      reply.cancel();
      options.log?.info({ server }, "the API server refuses the credentials: they are fetched anew");
      credentials = await access.credentials(credentials);
      reply = await transport.open({ ...send, credentials });
    }
    if (reply.status >= 200 && reply.status < 300) return reply;
    const text = await readWhole(reply, readOf(method, request.path, request.signal)).then(
      (body) => body.toString(),
      (e) => `its answer broke off: ${sayError(e)}`,
    );
    throw statusFault(
      { server, source, method, path: request.path },
      readFailure(reply.status, text, reply.headers["retry-after"]),
    );
  };

  return {
    access,
    ...options,
    protocol: async () => transport.protocol(await access.credentials()),
    open,
    async fetch(request) {
      const reply = await open(request);
      return { reply, body: await readWhole(reply, readOf(request.method ?? "GET", request.path, request.signal)) };
    },
  };
}
