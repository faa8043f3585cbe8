import type { FastifyInstance } from "fastify";
import { fault, isFault } from "../errors.ts";
import { bearerOf, type Caller, type Callers, LOCAL, type Permission } from "./callers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a caller needs for it. Default `read`. */
    readonly permission?: Permission;
  }
  interface FastifyRequest {
    /** Who calls, as known by its token. */
    caller: Caller;
  }
}

/** Answered to anybody: a kubelet asks them. They say nothing but whether it lives. */
const OPEN = ["/livez", "/readyz"];

/**
 * Lets in who is known and may, whatever is asked for. Without callers whoever comes is the local user: only where nobody
 * else can come.
 */
export function askCaller(app: FastifyInstance, callers: Callers | undefined): void {
  app.decorateRequest("caller");
  app.addHook("onRequest", async (request, reply) => {
    request.caller = LOCAL;
    const { url, config } = request.routeOptions;
    if (!callers || OPEN.includes(url ?? "")) return;
    request.caller = await callerOf(callers, request.headers.authorization, config.permission).catch((e: unknown) => {
      if (isFault(e, "caller-unknown")) reply.header("www-authenticate", "Bearer");
      throw e;
    });
  });
}

/** Whose request it is, by its header `Authorization`. Rejects where nobody is known by it, or may not. */
export async function callerOf(
  callers: Callers,
  authorization: string | undefined,
  permission: Permission = "read",
): Promise<Caller> {
  const token = bearerOf(authorization);
  const caller = token === undefined ? undefined : await callers.known(token);
  if (!caller)
    throw fault("caller-unknown", { what: token === undefined ? "No token came" : "The token is not known" });
  if (!caller.permissions.has(permission)) throw fault("caller-forbidden", { name: caller.name, permission });
  return caller;
}
