import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { fault } from "#sdk/errors.ts";
import type { Callers } from "#sdk/serve/callers.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { describeRoutes } from "#sdk/serve/openapi.ts";
import type { ServedTls } from "#sdk/serve/tls.ts";
import { processMetrics } from "./metrics.ts";
import type { OpenLog } from "./open-log.ts";
import type { Parts } from "./process.ts";

export interface ProcessServerOptions {
  readonly name: string;
  readonly version: string;
  readonly address: string;
  readonly callers: Callers | undefined;
  readonly tls: ServedTls | undefined;
  readonly opened: OpenLog;
  readonly parts: Parts;
  /** What it still waits for; empty = ready. */
  readonly waitsFor: () => readonly string[];
  readonly failed: (e: Error, path: string) => void;
}

/** The HTTP server that every process has: /livez, /readyz, /metrics, /openapi.json, and routes of its own. */
export function createProcessServer(options: ProcessServerOptions): FastifyInstance {
  const { name, version, parts, waitsFor, opened } = options;
  const app = createServer(options);
  describeRoutes(app, { title: `Roundsman: ${name}`, version });
  app.get("/livez", { schema: { summary: "It lives." } }, () => ({ status: "ok" }));
  app.get("/readyz", { schema: { summary: "Is it ready, or what does it wait for?" } }, (_, reply) => {
    const waits = waitsFor();
    if (waits.length === 0) return { status: "ok" };
    return reply.code(503).send({ status: "waiting", for: waits });
  });
  const registry = processMetrics({ version, opened, own: parts.metrics });
  app.get("/metrics", { schema: { summary: "Metrics, for Prometheus." } }, async (_, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  parts.routes?.(app);
  return app;
}

/** Where it listens. Rejects with `port-taken`. */
export async function listen(
  app: FastifyInstance,
  { address, port, tls }: { address: string; port: number; tls: ServedTls | undefined },
): Promise<string> {
  try {
    await app.listen({ host: address, port });
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === "EADDRINUSE") throw fault("port-taken", { address, port }, e);
    throw e;
  }
  const { port: chosen } = app.server.address() as AddressInfo;
  return `${tls ? "https" : "http"}://${address.includes(":") ? `[${address}]` : address}:${chosen}`;
}
