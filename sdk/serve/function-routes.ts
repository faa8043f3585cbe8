import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { type FunctionMeasured, functionMetrics } from "./function-metrics.ts";
import { createServer, type ServerOptions } from "./http-server.ts";

export interface FunctionRoutesOptions extends Omit<ServerOptions, "tls">, FunctionMeasured {
  /** Routes and metrics beside the function's own. */
  readonly more: (app: FastifyInstance, metrics: Registry) => void | Promise<void>;
}

/** All of a function that is not hot, made when it is first asked for: a start that waits for it is half as long again. */
export async function functionRoutes(options: FunctionRoutesOptions): Promise<FastifyInstance> {
  const app = createServer(options);
  const metrics = functionMetrics(options);
  app.get("/metrics", async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  await options.more(app, metrics);
  await app.ready();
  return app;
}
