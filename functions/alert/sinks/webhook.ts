import { fault, sayError } from "#sdk/errors.ts";
import { encodeBinary, makeEvent } from "#sdk/event/index.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Sink } from "./sink.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** ms of one request. */
  readonly timeout: number;
  readonly fetch: typeof fetch;
}

/** Knative's table: these pass, anything else below 500 will not get better by asking again. */
const PASSING = new Set([404, 408, 409, 425, 429]);

/** Retry-After in ms: seconds, or a date. */
function retryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : 0;
}

/** A notice as a CloudEvent in binary mode, its data the finding; its id is the idempotency key, sent as a header too. */
export const webhookSink = ({ url, headers, timeout, fetch }: WebhookOptions): Sink => ({
  async tell({ id, finding }) {
    const event = makeEvent({
      id,
      source: `/clusters/${encodeURIComponent(finding.cluster)}/alert`,
      type: finding.state === "resolved" ? TYPES.resolved : TYPES.raised,
      subject: [finding.subject.kind, finding.subject.namespace ?? "", finding.subject.name].join("/"),
      time: finding.resolvedAt ?? finding.lastSeen,
      traceparent: finding.traceparent,
      data: finding,
    });
    const message = encodeBinary(event);
    let response: Response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { ...headers, ...message.headers, "idempotency-key": id },
        body: message.body as string,
        redirect: "manual",
        signal: AbortSignal.timeout(timeout),
      });
    } catch (e) {
      throw fault("sink-unreachable", { url, what: sayError((e as Error).cause ?? e), retryAfter: 0 }, e);
    }
    await response.body?.cancel();
    const { status } = response;
    if (status >= 200 && status < 300) return;
    if (status < 500 && !PASSING.has(status)) throw fault("sink-refused", { url, status });
    throw fault("sink-unreachable", {
      url,
      what: `it answers ${status}`,
      retryAfter: retryAfter(response.headers.get("retry-after"), Date.now()),
    });
  },
});
