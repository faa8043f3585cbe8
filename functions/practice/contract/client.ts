import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { parseJson } from "#sdk/event/json.ts";
import type { Got, Sent } from "../api-contract.ts";

export interface Credentials {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly token?: string;
}

function parsed(text: string, type: string, watching: boolean): unknown {
  if (!type.startsWith("application/json")) return text;
  if (!watching) return parseJson(text);
  return {
    events: text
      .split("\n")
      .filter(Boolean)
      .map((line) => parseJson(line)),
  };
}

/** Sends the table's requests to an API server and reads each answer to its end. */
export function contractClient(base: string, { ca, cert, key, token }: Credentials = {}): (sent: Sent) => Promise<Got> {
  const request = base.startsWith("https:") ? secure : plain;
  return ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const url = new URL(path, base);
      const options = {
        method,
        // Node frames the body of a DELETE only when it is told its length.
        headers: {
          ...headers,
          "content-length": Buffer.byteLength(body ?? ""),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(key && { key }),
      };
      const sending = request(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const code = response.statusCode ?? 0;
          const watching =
            code === 200 && url.searchParams.has("watch") && response.headers["transfer-encoding"] === "chunked";
          try {
            resolve({ code, body: parsed(text, response.headers["content-type"] ?? "", watching) });
          } catch (error) {
            reject(error);
          }
        });
      });
      sending.on("error", reject);
      sending.end(body);
    });
}
