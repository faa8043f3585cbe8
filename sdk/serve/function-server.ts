import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { fault } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import { eventRoute } from "./event-route.ts";
import type { Work } from "./function.ts";
import { FunctionCounts } from "./function-counts.ts";
import type { FunctionRoutesOptions } from "./function-routes.ts";
import { Gate } from "./gate.ts";
import type { ServerOptions } from "./http-server.ts";
import { checkCallers, hostFault, tellError } from "./manners.ts";
import { renewTls, secured } from "./tls.ts";
import { unasked } from "./unasked.ts";

export interface FunctionServerOptions extends ServerOptions {
  readonly work: Work;
  /** ms that the work of one request may take; less than whoever sends waits. Default 20 s. */
  readonly deadline?: number;
  /** Requests at once; more are told to come again (429). Default 64. */
  readonly most?: number;
  /** What it still waits for; empty = ready. */
  readonly waitsFor?: () => readonly string[];
  readonly more?: FunctionRoutesOptions["more"];
  readonly version: string;
}

/** A function over HTTP: CloudEvents in and out at `/`, `/livez`, `/readyz`, `/metrics`, and what `more` adds. */
export interface FunctionServer {
  /** Where it listens. Rejects with `port-taken`. */
  listen(port: number): Promise<string>;
  /**
   * Says that it is not ready, goes on taking what comes for so many ms (until all senders have heard of it), finishes
   * what is under way, and closes.
   */
  drain(linger?: number): Promise<void>;
}

/** ms that a connection may rest: longer than clients keep theirs, so that none is closed under a request. */
const KEEP_ALIVE = 72_000;

/** Throws `config-invalid` where nobody could be answered. */
export function createFunctionServer(options: FunctionServerOptions): FunctionServer {
  const { bodyLimit = 1 << 20, address = "127.0.0.1", waitsFor = () => [], more = () => undefined, tls } = options;
  checkCallers(address, options.callers);
  const gate = new Gate(options.most ?? 64);
  const counts = new FunctionCounts();
  const deadline = new Deadline(options.deadline ?? 20_000);
  let isEnding = false;
  const takesEvents = eventRoute({
    ...options,
    ...{ gate, deadline, bodyLimit },
    answered: (status, events, ms) => counts.add(status, events, ms),
    isEnding: () => isEnding,
  });
  /** A kubelet's questions. */
  const takesProbe = ({ method, url, headers }: IncomingMessage, response: ServerResponse): boolean => {
    if (method !== "GET" || (url !== "/livez" && url !== "/readyz") || hostFault(options, headers.host)) return false;
    const waits = url === "/livez" ? [] : isEnding ? ["nothing: it ends"] : waitsFor();
    response.writeHead(waits.length === 0 ? 200 : 503, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(waits.length === 0 ? { status: "ok" } : { status: "waiting", for: waits }));
    return true;
  };
  let routes: Promise<FastifyInstance> | undefined;
  const load = async () => {
    const { functionRoutes } = await import("./function-routes.ts");
    const { tls: _, ...rest } = options;
    return functionRoutes({ ...rest, bodyLimit, gate, counts, more });
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    if (takesEvents(request, response) || takesProbe(request, response)) return;
    routes ??= load();
    routes.then(
      (app) => app.routing(request, response),
      (e: Error) => {
        options.failed(e, request.url ?? "");
        response.writeHead(tellError(e).status).end();
      },
    );
  };
  const server = tls ? createSecure(secured(tls.now), listener) : createPlain(listener);
  server.keepAliveTimeout = KEEP_ALIVE;
  const endUnasked = unasked(server);
  const renewal = tls && renewTls(server as ReturnType<typeof createSecure>, tls);
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once("error", (e: NodeJS.ErrnoException) =>
          reject(e.code === "EADDRINUSE" ? fault("port-taken", { address, port }, e) : e),
        );
        server.listen(port, address, () => {
          const host = address.includes(":") ? `[${address}]` : address;
          resolve(`${tls ? "https" : "http"}://${host}:${(server.address() as AddressInfo).port}`);
        });
      }),
    async drain(linger = 0) {
      isEnding = true;
      await new Promise((resolve) => setTimeout(resolve, linger));
      // Connections that rest are closed with it, others after their answer.
      const closed = new Promise((resolve) => server.close(resolve));
      endUnasked();
      await closed;
      await gate.empty();
      renewal?.();
      deadline.stop();
      await (await routes)?.close();
    },
  };
}
