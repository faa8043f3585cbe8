import type { IncomingMessage, ServerResponse } from "node:http";
import { fault, isFault } from "../errors.ts";
import { decodeHttp, type HttpMessage } from "../event/http.ts";
import { callerOf } from "./ask-caller.ts";
import { type Deadline, RunningCall } from "./deadline.ts";
import type { Answered, Work } from "./function.ts";
import type { Gate } from "./gate.ts";
import type { ServerOptions } from "./http-server.ts";
import { hostFault, tellError } from "./manners.ts";
import { readBody } from "./read-body.ts";

export interface EventRouteOptions extends Pick<ServerOptions, "address" | "hosts" | "callers" | "failed"> {
  readonly work: Work;
  readonly gate: Gate;
  readonly deadline: Deadline;
  readonly bodyLimit: number;
  /** Told of each answer. */
  readonly answered: (status: number, events: number, ms: number) => void;
  /** Whether connections are to be closed after the answer. */
  readonly isEnding: () => boolean;
}

/** s after which a caller that found it full may come again. */
const AGAIN = 1;

/**
 * `POST /` with CloudEvents: the one route that is hot. It is answered without Fastify, whose way through hooks, parsers
 * and reply costs as much again as Node's own server; what is asked of a caller is the same. False: not for this route.
 */
export const eventRoute =
  (options: EventRouteOptions) =>
  (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== "POST" || request.url !== "/") return false;
    const { work, gate, deadline, callers, failed, answered, isEnding } = options;
    const begun = performance.now();
    let events = 0;
    const answer = (status: number, message: HttpMessage | undefined) => {
      if (isEnding() || status === 413) response.setHeader("connection", "close");
      response.writeHead(status, message?.headers).end(message?.body);
      answered(status, events, performance.now() - begun);
    };
    const said = (reply: Answered) => answer(reply ? 200 : 204, reply);
    const refuse = (e: Error) => {
      const { status, code, message } = tellError(e);
      if (status >= 500) failed(e, "/");
      const again = status === 429 && { "retry-after": String(AGAIN) };
      const unknown = status === 401 && { "www-authenticate": "Bearer" };
      const headers = { "content-type": "application/json; charset=utf-8", ...again, ...unknown };
      answer(status, { headers, body: JSON.stringify({ error: { code, message } }) });
    };
    const take = () => {
      if (!gate.enter()) return refuse(fault("function-busy", { most: gate.most, seconds: AGAIN }));
      let isInside = true;
      const leave = () => {
        if (isInside) gate.leave();
        isInside = false;
      };
      // The sender went away in the middle of its body.
      request.once("error", leave);
      readBody(request, options.bodyLimit, (error, body) => {
        try {
          if (error) throw error;
          const decoded = decodeHttp({ headers: {}, rawHeaders: request.rawHeaders, body });
          events = decoded.events.length;
          const call = new RunningCall(refuse);
          const outcome = work(decoded, call);
          if (!(outcome instanceof Promise)) {
            leave();
            return said(outcome);
          }
          deadline.watch(call);
          // Who is late is answered, but stays inside until it has ended.
          const ended = () => {
            leave();
            return deadline.end(call);
          };
          outcome.then(
            (reply) => ended() && said(reply),
            (e: unknown) => ended() && refuse(failure(e)),
          );
        } catch (e) {
          leave();
          refuse(failure(e));
        }
      });
    };
    const unknown = hostFault(options, request.headers.host);
    if (unknown) refuse(unknown);
    else if (callers) callerOf(callers, request.headers.authorization, "send").then(take, refuse);
    else take();
    return true;
  };

/** What a function says when it fails goes to the log, and not to who called it. */
const failure = (e: unknown): Error => (isFault(e) ? e : fault("function-failed", {}, e));
