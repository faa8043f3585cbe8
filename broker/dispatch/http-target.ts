import { type Dispatcher as Connections, errors, Pool } from "undici";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { decodeHttp, type HttpMessage } from "#sdk/event/http.ts";
import { batchOf, binaryOf, type EventParts } from "#sdk/event/http-parts.ts";
import { TYPES } from "#sdk/event/types.ts";
import { BROKEN_OFF } from "#sdk/serve/broken-off.ts";
import type { Verdict } from "#sdk/terms.ts";
import { faultOf } from "./reply-fault.ts";
import type { Answer, Target } from "./target.ts";

export interface HttpTargetOptions {
  /** Where its function takes events. */
  readonly url: string;
  /** Requests at once, each on a connection of its own that is kept. */
  readonly connections: number;
  /** ms from sending to the whole answer: more than the function's own deadline. Default 30 s. */
  readonly timeout?: number;
  /** Sent as `Authorization: Bearer`, read for each request: it may be renewed. */
  readonly token?: () => string | undefined;
  /** PEM certificates that https:// is believed by. */
  readonly ca?: string | undefined;
}

/** ms that a connection may take to come, and that it is kept without use: less than servers keep theirs. */
const CONNECTS = 5_000;
const KEPT = 60_000;
/** Bytes of an answer. */
const MOST = 64 << 20;

type Due = Parameters<Target["evaluate"]>[0][number];

/** A function over HTTP: a check in binary mode, several as one batch; one POST each, answered by id. */
export class HttpTarget implements Target {
  readonly #options: HttpTargetOptions;
  readonly #timeout: number;
  readonly #path: string;
  readonly #pool: Pool;

  constructor(options: HttpTargetOptions) {
    this.#options = options;
    const { url, connections, timeout = 30_000, ca } = options;
    const { origin, pathname, search } = new URL(url);
    this.#timeout = timeout;
    this.#path = pathname + search;
    this.#pool = new Pool(origin, {
      connections,
      // The whole has one time, below.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEPT,
      connect: { timeout: Math.min(CONNECTS, timeout), ...(ca !== undefined && { ca }) },
    });
  }

  async evaluate(checks: readonly Due[]): Promise<readonly Answer[]> {
    const parts = checks.map(partsOf);
    const { status, headers, text } = await this.#post(parts.length === 1 ? aloneOf(parts[0]!) : batchOf(parts));
    const { url } = this.#options;
    if (status === 204) return [];
    if (status !== 200) throw faultOf(url, status, headers["retry-after"], text);
    try {
      return decodeHttp({ headers, body: text }).events.flatMap(({ id, type, data }) =>
        type === TYPES.verdict ? [answerOf(id, data as Verdict)] : [],
      );
    } catch (e) {
      throw fault("dispatch-failed", { url, what: sayError(e).replace(/\.$/, "") }, e);
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #post({ headers, body }: HttpMessage) {
    const { url, token } = this.#options;
    const bearer = token?.();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#timeout);
    try {
      const answer = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: bearer === undefined ? headers : { ...headers, authorization: `Bearer ${bearer}` },
        body: body as string,
        signal: late.signal,
      } satisfies Connections.RequestOptions);
      if (Number(answer.headers["content-length"] ?? 0) > MOST) {
        await answer.body.dump();
        throw fault("dispatch-failed", { url, what: `it answered with more than ${MOST} bytes` });
      }
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    } catch (e) {
      if (isFault(e)) throw e;
      if (late.signal.aborted)
        throw fault("dispatch-failed", { url, what: `nothing came within ${this.#timeout} ms` }, e);
      if (isUnconnected(e)) throw fault("dispatch-unavailable", { url, what: sayError(e), retryAfter: 0 }, e);
      throw fault("dispatch-broken", { url, what: sayError(e) }, e);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The request is of the event's trace too, for whoever stands between: of a batch it would be of many. */
function aloneOf(parts: EventParts): HttpMessage {
  const { headers, body } = binaryOf(parts);
  const { traceparent } = parts;
  return traceparent === undefined ? { headers, body } : { headers: { ...headers, traceparent }, body };
}

/** No connection came, so nothing was sent. */
const isUnconnected = (e: unknown): boolean =>
  e instanceof errors.ConnectTimeoutError ||
  ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"].includes(
    (e as NodeJS.ErrnoException).code!,
  ) ||
  (e instanceof AggregateError && e.errors.every(isUnconnected));

/** The cluster is told by the check's record; the source says only who sends. */
const partsOf = ({ id, text, headers }: Due): EventParts => ({
  id,
  source: "/dispatcher",
  type: TYPES.checkDue,
  traceparent: headers?.ce_traceparent,
  dataText: text,
});

function answerOf(id: string, data: Verdict): Answer {
  const { error } = data;
  const verdict = JSON.stringify(data);
  // Another host may have the case by now, or this one again.
  const isOnceMore = error && (BROKEN_OFF.has(error.code) || error.code === "case-unknown");
  return data.outcome === "error" && isOnceMore ? { id, error, verdict } : { id, verdict };
}
