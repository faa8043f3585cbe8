import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { fault } from "../errors.ts";
import { Deadline } from "./deadline.ts";
import { eventRoute } from "./event-route.ts";
import type { Work } from "./function.ts";
import { functionMetrics } from "./function-metrics.ts";
import { Gate } from "./gate.ts";
import { createServer, type ServerOptions } from "./http-server.ts";

export interface FunctionServerOptions extends Omit<ServerOptions, "before"> {
  readonly work: Work;
  /** ms that the work of one request may take; less than whoever sends waits. Default 20 s. */
  readonly deadline?: number;
  /** Requests at once; more are told to come again (429). Default 64. */
  readonly most?: number;
  /** What it still waits for; empty = ready. */
  readonly waitsFor?: () => readonly string[];
  readonly version: string;
}

/** A function over HTTP: CloudEvents in and out at `/`, `/livez`, `/readyz`, `/metrics`. */
export interface FunctionServer {
  /** For routes beside these. */
  readonly app: FastifyInstance;
  /** For metrics beside these. */
  readonly metrics: Registry;
  /** Where it listens. Rejects with `port-taken`. */
  listen(port: number): Promise<string>;
  /**
   * Says that it is not ready, goes on taking what comes for so many ms (until all senders have heard of it), finishes
   * what is under way, and closes.
   */
  drain(linger?: number): Promise<void>;
}

export function createFunctionServer(options: FunctionServerOptions): FunctionServer {
  const { most = 64, bodyLimit = 1 << 20, address = "127.0.0.1", waitsFor = () => [] } = options;
  const gate = new Gate(most);
  const { registry: metrics, answered } = functionMetrics({ gate, version: options.version });
  const deadline = new Deadline(options.deadline ?? 20_000);
  let isEnding = false;
  const before = eventRoute({ ...options, gate, deadline, bodyLimit, answered, isEnding: () => isEnding });
  const app = createServer({ ...options, before });
  app.get("/livez", () => ({ status: "ok" }));
  app.get("/readyz", (_, reply) => {
    const waits = isEnding ? ["nothing: it ends"] : waitsFor();
    return waits.length === 0 ? { status: "ok" } : reply.code(503).send({ status: "waiting", for: waits });
  });
  app.get("/metrics", async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  return {
    app,
    metrics,
    async listen(port) {
      try {
        return await app.listen({ host: address, port });
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== "EADDRINUSE") throw e;
        throw fault("port-taken", { address, port }, e);
      }
    },
    async drain(linger = 0) {
      isEnding = true;
      await new Promise((resolve) => setTimeout(resolve, linger));
      await app.close();
      await gate.empty();
      deadline.stop();
    },
  };
}
