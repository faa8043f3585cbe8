import type { CloudEventV1 } from "cloudevents";
import { fault, sayError } from "../errors.ts";
import { fromCloudEvent } from "../event/cloudevent.ts";
import { type Event, parseEvent } from "../event/envelope.ts";
import { type DecodedHttp, encodeBatch, encodeBinary, encodeStructured, type HttpMessage } from "../event/http.ts";

/** What a function may answer with; the class of the `cloudevents` package is one of these. */
export type ReplyEvent = Event | CloudEventV1<unknown>;
export type Reply = undefined | null | ReplyEvent | readonly ReplyEvent[];

export interface Call {
  /** Aborted when the caller's time is over: what goes on after it is for nobody. */
  readonly signal: AbortSignal;
}

/** A function: an event in; nothing, an event or several out. The event counts as done when it resolves, not before. */
export type EventFunction = (event: Event, call: Call) => Reply | void | Promise<Reply> | Promise<void>;

/**
 * All events of one request. The work is done with what it answers, or with what that resolves to (undefined: 204).
 * An answer that is no promise costs none: at a hundred thousand events a minute it is felt.
 */
export type Work = (request: DecodedHttp, call: Call) => Answered | Promise<Answered>;
export type Answered = HttpMessage | undefined;

/**
 * A function as a server runs it. One answer to one event goes in binary mode, all else as a batch. The events of a batch
 * run at once; where one of them fails the whole batch is asked for again, when all have ended.
 */
export const workOf =
  (run: EventFunction): Work =>
  ({ mode, events }, call) => {
    if (mode === "batched") return allOf(events, run, call);
    const said = run(events[0]!, call);
    return isPromise(said)
      ? Promise.resolve(said).then((reply) => answerOf(repliesOf(reply)))
      : answerOf(repliesOf(said));
  };

/** Also one of another library. */
const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";

async function allOf(events: readonly Event[], run: EventFunction, call: Call): Promise<Answered> {
  const outcomes = await Promise.allSettled(events.map(async (event) => repliesOf(await run(event, call))));
  const replies = outcomes.flatMap((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
  return replies.length === 0 ? undefined : encodeBatch(replies);
}

/** An event that holds an event cannot go in binary mode. */
function answerOf(replies: readonly Event[]): Answered {
  const [event] = replies;
  if (event === undefined) return undefined;
  if (replies.length > 1) return encodeBatch(replies);
  return event.datacontenttype?.toLowerCase().startsWith("application/cloudevents")
    ? encodeStructured(event)
    : encodeBinary(event);
}

const NONE: readonly Event[] = [];

function repliesOf(reply: unknown): readonly Event[] {
  if (reply === undefined || reply === null) return NONE;
  const all = Array.isArray(reply) ? (reply as readonly unknown[]) : [reply];
  try {
    // A value that is no object is for the envelope to refuse.
    return all.map((one) =>
      typeof one === "object" && one !== null ? fromCloudEvent(one as CloudEventV1<unknown>) : parseEvent(one),
    );
  } catch (e) {
    throw fault("function-reply-invalid", { what: sayError(e).replace(/\.$/, "") }, e);
  }
}
