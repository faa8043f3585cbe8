import { createAjv, sayInvalid } from "../case/params.ts";
import { fault, isFault, sayError } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import { exchange } from "../runtime/exchange.ts";
import type { Decision } from "./decision.ts";
import { DecisionSchema } from "./decision-schema.ts";
import type { OperationRequest, Target } from "./request.ts";

export interface AskOptions {
  /** Of the defender. */
  readonly url: string;
  /** As it is now: one that is renewed is read anew. Left out: it listens on loopback and asks for none. */
  readonly token?: () => string | Promise<string>;
  /** ms for the whole of it, to the answer's last byte. Default 1.8 s, so that it is known within 2. */
  readonly timeout?: number;
  /** Ask what would be said instead: spends nothing, grants nothing. */
  readonly explain?: boolean;
  /** PEM certificates that an https:// defender is believed by. Default: those Node knows. */
  readonly ca?: string;
}

/** Asks the defender. Whatever rejects is a no. */
export type Ask = (request: OperationRequest, traceparent?: string) => Promise<Decision>;

/** Bytes of an answer. */
const MOST = 1 << 20;
/** Of those that are no answer but may be one later. */
const LATER = (status: number) => status >= 500 || status === 429 || status === 408;

/**
 * A client of the defender's HTTP API that cannot be fooled into a yes: it answers within `timeout`, with a decision of this
 * very request, or rejects with `defender-unreachable`, `defender-refused` or `defender-not-believed`.
 */
export function createAsk({ url, token, timeout = 1_800, explain = false, ca }: AskOptions): Ask {
  const isDecision = createAjv().compile(DecisionSchema);
  const address = new URL(explain ? "/v1/explain" : "/v1/decide", url);
  const not = (what: string) => fault("defender-not-believed", { url, what });

  async function answerTo(request: OperationRequest, traceparent: string | undefined, signal: AbortSignal) {
    const bearer = await token?.();
    const { status, text } = await exchange(address, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(bearer && { authorization: `Bearer ${bearer}` }),
        ...(traceparent !== undefined && { traceparent }),
      },
      body: JSON.stringify(request),
      ca,
      most: MOST,
      signal,
    });
    if (text === undefined) throw not(`more than ${MOST} bytes`);
    if (status !== 200) {
      const what = saidIn(text) ?? "it says no reason";
      if (LATER(status)) throw fault("defender-unreachable", { url, what: `status ${status}: ${what}` });
      throw fault("defender-refused", { url, status, what });
    }
    let body: unknown;
    try {
      body = parseJson(text);
    } catch (e) {
      throw not(`no JSON (${sayError(e).replace(/\.$/, "")})`);
    }
    return explain ? (body as { decision?: unknown } | null)?.decision : body;
  }

  return async (request, traceparent) => {
    const { signal, over, clear } = deadline(timeout);
    let body: unknown;
    try {
      body = await Promise.race([answerTo(request, traceparent, signal), over]);
    } catch (e) {
      if (isFault(e)) throw e;
      throw fault("defender-unreachable", { url, what: sayError(e) }, e);
    } finally {
      clear();
    }
    if (!isDecision(body)) {
      const { field, what } = sayInvalid(isDecision.errors![0]!);
      throw not(`no decision (${field || "it"} ${what})`);
    }
    const decision = body as Decision;
    const flaw = flawOf(request, decision, explain);
    if (flaw !== undefined) throw not(flaw);
    return decision;
  };
}

/** Also ends a wait that heeds no signal. */
function deadline(timeout: number) {
  const control = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const e = new Error(`nothing within ${timeout} ms`);
      reject(e);
      control.abort(e);
    }, timeout);
  });
  return { signal: control.signal, over, clear: () => clearTimeout(timer) };
}

/** The sentence of an error of ours. */
function saidIn(text: string): string | undefined {
  try {
    const { error } = parseJson(text) as { error?: { message?: unknown } };
    return typeof error?.message === "string" ? error.message.slice(0, 500).replace(/\.$/, "") : undefined;
  } catch {
    return undefined;
  }
}

const isSame = (a: Target, b: Target): boolean =>
  a.apiVersion === b.apiVersion &&
  a.kind === b.kind &&
  a.namespace === b.namespace &&
  a.name === b.name &&
  a.uid === b.uid;

/** An answer to something else is none. */
function flawOf(asked: OperationRequest, said: Decision, explain: boolean): string | undefined {
  for (const key of ["id", "matter", "operation", "cluster"] as const)
    if (said[key] !== asked[key]) return `for ${key} ${said[key]}, not ${asked[key]}`;
  if (!isSame(said.target, asked.target)) return `for ${said.target.kind} ${said.target.name} (${said.target.uid})`;
  if (explain) return said.grant && "with a grant, though nothing was asked for";
  if (said.outcome === "granted" && !said.grant) return "granted without a grant";
  if (said.outcome !== "granted" && said.grant) return `${said.outcome} with a grant`;
  return undefined;
}
