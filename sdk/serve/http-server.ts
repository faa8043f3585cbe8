import type { Server as SecureServer } from "node:https";
import { type FastifyInstance, fastify } from "fastify";
import { parseJson } from "../event/json.ts";
import { askCaller } from "./ask-caller.ts";
import type { Callers } from "./callers.ts";
import { shortWay } from "./hot-route.ts";
import { checkCallers, hostFault, tellError } from "./manners.ts";
import { renewTls, type ServedTls, secured } from "./tls.ts";
import { unasked } from "./unasked.ts";

export interface ServerOptions {
  /** Bytes a body may have. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Where it will listen. Default 127.0.0.1. On an address that is not loopback callers must be known. */
  readonly address?: string;
  /** On loopback it answers only to who names one of these: what a browser was lured to does not reach it. */
  readonly hosts?: readonly string[];
  /** Where there are some, only they are answered. */
  readonly callers?: Callers | undefined;
  /** With it https:// is spoken, and nothing else. */
  readonly tls?: ServedTls | undefined;
  readonly failed: (e: Error, path: string) => void;
}

/**
 * The one way an HTTP server is made: schemas judge and never repair, JSON goes through the one parser, and nobody is
 * answered on another address than loopback who is not known. Throws `config-invalid` where nobody could be.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { bodyLimit = 1 << 20, address = "127.0.0.1", callers, tls, failed } = options;
  checkCallers(address, callers);
  const app = fastify({
    https: tls ? secured(tls.now) : null,
    bodyLimit,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 500 },
    // Schemas are our own: checking them against the meta-schema costs more than all else here.
    ajv: {
      customOptions: {
        meta: false,
        validateSchema: false,
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: false,
        allErrors: false,
      },
    },
  });
  if (tls) {
    const stop = renewTls(app.server as unknown as SecureServer, tls);
    app.addHook("onClose", async () => stop());
  }
  const endUnasked = unasked(app.server);
  app.addHook("preClose", async () => endUnasked());
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => {
    try {
      done(null, parseJson(body as string, { where: "The body" }));
    } catch (e) {
      done(e as Error);
    }
  });
  app.addHook("onRequest", async (request) => {
    const refused = hostFault(options, request.headers.host);
    if (refused) throw refused;
  });
  askCaller(app, callers);
  shortWay(app, { ...options, bodyLimit });
  app.setErrorHandler((e: Error, request, reply) => {
    const { status, code, message } = tellError(e);
    if (status >= 500) failed(e, request.url);
    return reply.code(status).send({ error: { code, message } });
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: { code: "not-found", message: `There is no ${request.method} ${request.url.split("?")[0]}.` } }),
  );
  return app;
}
