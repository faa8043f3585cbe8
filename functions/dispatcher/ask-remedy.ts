import { Agent, request } from "undici";
import { faultOf } from "#broker/dispatch/reply-fault.ts";
import { fault, sayError } from "#sdk/errors.ts";
import { makeEvent } from "#sdk/event/envelope.ts";
import { decodeHttp, encodeBinary } from "#sdk/event/http.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { Said } from "./dues.ts";

export interface AskRemedyOptions {
  /** Where the function takes events. */
  readonly url: string;
  /** ms, to the whole answer: more than the function waits for the defender. */
  readonly timeout: number;
  readonly token?: (() => string) | undefined;
  /** PEM certificates that https:// is believed by. */
  readonly ca?: string | undefined;
}

/** The remedy function over HTTP: a due as one CloudEvent in binary mode, its answer one event. Rejects as dispatch does. */
export function createAskRemedy({ url, timeout, token, ca }: AskRemedyOptions) {
  const connections = new Agent({ connect: ca === undefined ? {} : { ca } });
  const post = async (due: RemedyDue, signal: AbortSignal) => {
    const { traceparent } = due.ailment;
    const event = makeEvent({ id: due.id, source: "/healer", type: TYPES.remedyDue, data: due, traceparent });
    const { headers, body } = encodeBinary(event);
    const bearer = token?.();
    try {
      const answer = await request(url, {
        method: "POST",
        headers: { ...headers, ...(bearer && { authorization: `Bearer ${bearer}` }) },
        body: body as string,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
        dispatcher: connections,
      });
      return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    } catch (e) {
      throw fault("dispatch-unavailable", { url, what: sayError(e), retryAfter: 0 }, e);
    }
  };
  return {
    async ask(due: RemedyDue, signal: AbortSignal): Promise<Said> {
      const { status, headers, text } = await post(due, signal);
      if (status !== 200) throw faultOf(url, status, headers["retry-after"], text);
      const { events } = decodeHttp({ headers, body: text });
      if (events.length !== 1)
        throw fault("dispatch-failed", { url, what: `it answered with ${events.length} events` });
      return { type: events[0]!.type, data: events[0]!.data as Said["data"] };
    },
    close: () => connections.destroy(),
  };
}
