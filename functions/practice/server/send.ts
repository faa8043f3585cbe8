import type { ServerResponse } from "node:http";
import type { Status } from "../store/status.ts";

export const TEXT = "text/plain; charset=utf-8";

/** Answers once; a client that is gone gets nothing. */
export function send(response: ServerResponse, code: number, body: unknown, type = "application/json"): void {
  if (response.destroyed || response.headersSent) return;
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  const retry = (body as Partial<Status>)?.details?.retryAfterSeconds;
  response.writeHead(code, {
    "content-type": type,
    "cache-control": "no-cache, private",
    "content-length": Buffer.byteLength(text),
    ...(retry !== undefined && { "retry-after": String(retry) }),
  });
  response.end(text);
}
