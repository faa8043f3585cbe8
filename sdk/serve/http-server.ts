import { type FastifyInstance, fastify } from "fastify";
import { isFault } from "../errors.ts";
import { parseJson } from "../event/json.ts";

export interface ServerOptions {
  /** Bytes a body may have. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Answered only to callers that name one of these hosts: what a browser was lured to does not reach a loopback port. */
  readonly hosts?: readonly string[];
  readonly failed: (e: Error, path: string) => void;
}

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const hostOf = (header: string | undefined) => (header ?? "").toLowerCase().replace(/:\d{1,5}$/, "");

/** The one way an HTTP server is made: schemas judge and never repair, JSON goes through the one parser. */
export function createServer({ bodyLimit = 1 << 20, hosts = LOOPBACK, failed }: ServerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 500 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false } },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_, body, done) => {
    try {
      done(null, parseJson(body as string, { where: "The body" }));
    } catch (e) {
      done(e as Error);
    }
  });
  app.addHook("onRequest", async (request, reply) => {
    if (hosts.includes(hostOf(request.headers.host))) return;
    return reply.code(403).send({
      error: {
        code: "host-refused",
        message: `This server is not known as "${hostOf(request.headers.host)}": call it as ${hosts.join(" or ")}.`,
      },
    });
  });
  app.setErrorHandler((e: Error & { statusCode?: number; validation?: unknown }, request, reply) => {
    const status = isFault(e) ? e.status : (e.statusCode ?? 500);
    if (status >= 500) failed(e, request.url);
    const code = isFault(e)
      ? e.code
      : e.validation
        ? "request-invalid"
        : status >= 500
          ? "internal"
          : "request-refused";
    // What went wrong inside is for the log, not for callers.
    const message = status >= 500 && !isFault(e) ? "Something went wrong inside; the log has it." : e.message;
    return reply.code(status).send({ error: { code, message } });
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: { code: "not-found", message: `There is no ${request.method} ${request.url.split("?")[0]}.` } }),
  );
  return app;
}
