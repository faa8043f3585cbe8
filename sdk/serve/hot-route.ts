import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { isFault } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import { callerOf } from "./ask-caller.ts";
import { type Caller, LOCAL, type Permission } from "./callers.ts";
import type { ServerOptions } from "./http-server.ts";
import { hostFault, tellError } from "./manners.ts";

/** `POST url` with JSON, judged by who answers it. */
export interface HotRoute {
  readonly url: string;
  readonly summary: string;
  /** JSON Schemas, for the description alone. */
  readonly body: object;
  readonly answers: object;
  readonly permission: Permission;
  /** Rejects with a fault of the catalogue where the body is not what it must be. */
  readonly answer: (body: unknown, caller: Caller) => Promise<unknown>;
}

declare module "fastify" {
  interface FastifyInstance {
    readonly hot: Map<string, HotRoute>;
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
type Options = Pick<ServerOptions, "address" | "hosts" | "callers" | "failed"> & { readonly bodyLimit: number };

/**
 * Serves the route like any other, and by a shorter way where the request is as a program of ours sends it: Fastify's hooks,
 * parsers and reply cost three times what the answer does. Whatever is unusual (another media type, a body without its length
 * or too long, another host) goes the long way, which says what is wrong with it.
 */
export function hotRoute(app: FastifyInstance, route: HotRoute): void {
  const { url, summary, body, answers, permission, answer } = route;
  app.route({
    method: "POST",
    url,
    schema: { summary, body },
    config: { permission, answers },
    validatorCompiler: () => () => true,
    handler: ({ body: given, caller }) => answer(given, caller),
  });
  app.hot.set(url, route);
}

/** Puts the short way before Fastify's. */
export function shortWay(app: FastifyInstance, options: Options): void {
  const hot = new Map<string, HotRoute>();
  app.decorate("hot", hot);
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  const [long] = app.server.listeners("request") as [Listener];
  app.server.removeListener("request", long);
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const route = request.method === "POST" && !isClosing ? hot.get(request.url!) : undefined;
    if (route && isUsual(request, options)) serve(route, request, response, options);
    else long(request, response);
  });
}

function isUsual({ headers }: IncomingMessage, options: Options): boolean {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return (
    headers["content-type"] === "application/json" && length <= options.bodyLimit && !hostFault(options, headers.host)
  );
}

function serve(route: HotRoute, request: IncomingMessage, response: ServerResponse, options: Options): void {
  const { callers, failed } = options;
  const chunks: Buffer[] = [];
  const say = (status: number, value: unknown, more?: Readonly<Record<string, string>>) => {
    const text = JSON.stringify(value);
    response
      .writeHead(status, {
        "content-type": "application/json; charset=utf-8",
        "content-length": Buffer.byteLength(text),
        ...more,
      })
      .end(text);
  };
  const refuse = (e: Error) => {
    const { status, code, message } = tellError(e);
    if (status >= 500) failed(e, route.url);
    say(
      status,
      { error: { code, message } },
      isFault(e, "caller-unknown") ? { "www-authenticate": "Bearer" } : undefined,
    );
  };
  const answer = async (known: Promise<Caller> | Caller) => {
    try {
      const caller = known instanceof Promise ? await known : known;
      const body = parseJson(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), { where: "The body" });
      say(200, await route.answer(body, caller));
    } catch (e) {
      refuse(e as Error);
    }
  };
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  // Node holds a body to the length it was announced with. Of who goes away in the middle of it nothing is taken.
  request.on(
    "end",
    () => void answer(callers ? callerOf(callers, request.headers.authorization, route.permission) : LOCAL),
  );
}
