import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { type FindingsSource, findingsRoutes } from "#functions/ledger/api.ts";
import type { Manifest } from "#sdk/case/manifest.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Callers } from "#sdk/serve/callers.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { describeRoutes } from "#sdk/serve/openapi.ts";
import type { ServedTls } from "#sdk/serve/tls.ts";

export interface ApiOptions {
  readonly version: string;
  readonly cluster: string;
  readonly findings: FindingsSource;
  readonly manifests: readonly Manifest[];
  readonly instances: () => readonly Instance[];
  readonly metrics: Registry;
  /** What it still waits for; empty = ready. */
  readonly waitsFor: () => readonly string[];
  readonly failed: (e: Error, path: string) => void;
  /** Where it will listen. Default 127.0.0.1. */
  readonly address?: string;
  readonly callers?: Callers | undefined;
  readonly tls?: ServedTls | undefined;
}

/** The cases that are loaded, and as what they run. */
const casesOf = ({ manifests, instances }: ApiOptions) =>
  manifests.map((manifest) => ({
    ...manifest,
    instances: instances()
      .filter((instance) => instance.case === manifest.name)
      .map(({ id, params, for: wait, clear, owner }) => ({
        id,
        params,
        for: wait,
        clear,
        ...(owner !== undefined && { owner }),
      })),
  }));

export function createApi(options: ApiOptions): FastifyInstance {
  const app = createServer(options);
  describeRoutes(app, { title: "Roundsman", version: options.version });
  const none = { type: "object", additionalProperties: false };
  findingsRoutes(app, options.findings);
  app.get(
    "/v1/cases",
    { schema: { summary: "The cases that are loaded, and as what they run.", querystring: none } },
    () => ({
      cluster: options.cluster,
      cases: casesOf(options),
    }),
  );
  app.get("/livez", { schema: { summary: "It lives." } }, () => ({ status: "ok" }));
  app.get("/readyz", { schema: { summary: "Is it ready, or what does it wait for?" } }, (_, reply) => {
    const waits = options.waitsFor();
    return reply
      .code(waits.length === 0 ? 200 : 503)
      .send(waits.length === 0 ? { status: "ok" } : { status: "waiting", for: waits });
  });
  app.get("/metrics", { schema: { summary: "Metrics, for Prometheus." } }, async (_, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.metrics()),
  );
  return app;
}
