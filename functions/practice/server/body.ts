import type { IncomingMessage } from "node:http";
import { sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { ApiError, badRequest } from "../store/status.ts";

/** etcd's own limit, twice over; the API server's is 3 MiB. */
const LIMIT = 3 * 2 ** 20;

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT) throw new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${LIMIT}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export const mediaType = (request: IncomingMessage): string =>
  (request.headers["content-type"] ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";

/** `what` = the kind that the body should be of. */
export function parseBody(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const start = text === "" ? "<empty>" : text.slice(0, 20);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: ${sayError(cause)} (${start})`,
    );
  }
}

/** The object of a create or an update. */
export async function objectBody(request: IncomingMessage, kind: string): Promise<unknown> {
  if (mediaType(request) !== "application/json") {
    throw new ApiError(
      415,
      "UnsupportedMediaType",
      "the body of the request was in an unknown format - accepted media types include: application/json",
    );
  }
  return parseBody(await readBody(request), kind);
}
