/** How every HTTP server of ours treats who comes, whatever it is built on. */
import { fault, isFault } from "../errors.ts";
import type { Callers } from "./callers.ts";
import type { ServerOptions } from "./http-server.ts";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];
const isLoopback = (address: string) =>
  address === "localhost" || address === "::1" || /^127(\.\d{1,3}){3}$/.test(address);
const hostOf = (header: string | undefined) => (header ?? "").toLowerCase().replace(/:\d{1,5}$/, "");

type Known = Pick<ServerOptions, "address" | "hosts">;

/** Why a request is not answered; undefined where its `Host` is one of this server's. */
export function hostFault({ address = "127.0.0.1", hosts = LOOPBACK }: Known, header: string | undefined) {
  if (!isLoopback(address) || hosts.includes(hostOf(header))) return undefined;
  return fault("host-refused", { host: hostOf(header), known: hosts.join(" or ") });
}

/** What a caller is told of an error: what went wrong inside is for the log, not for callers. */
export function tellError(e: Error & { statusCode?: number; validation?: unknown }) {
  if (isFault(e)) return { status: e.status, code: e.code, message: e.message };
  const status = e.statusCode ?? 500;
  if (status >= 500) return { status, code: "internal", message: "Something went wrong inside; the log has it." };
  return { status, code: e.validation ? "request-invalid" : "request-refused", message: e.message };
}

/** Throws `config-invalid` where nobody could be answered. */
export function checkCallers(address: string, callers: Callers | undefined): void {
  if (!callers && !isLoopback(address))
    throw fault("config-invalid", {
      where: "The address",
      key: address,
      what: "is not loopback, so callers must be known: name a file of callers, or listen on 127.0.0.1",
    });
}
