import { type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";

export interface Exchange {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM certificates that https:// servers are believed by. Default: those Node knows. */
  readonly ca?: string | undefined;
  /** Bytes of an answer that are read. Default 1 MiB. */
  readonly most?: number;
  /** Of the whole of it, to the answer's last byte. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** `undefined`: it was longer than `most`. */
  readonly text: string | undefined;
}

/**
 * One request, one answer. A redirect is an answer like another: it is not followed. Rejects with what Node says where there
 * is no whole answer, or the server's certificate is not believed.
 */
export function exchange(url: URL, of: Exchange): Promise<Answer> {
  const { method = "GET", headers = {}, body, ca, most = 1 << 20, signal } = of;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      signal,
      headers: { ...headers, ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }) },
    };
    const taken = (response: IncomingMessage) => void read(response, most).then(resolve, reject);
    const sending =
      url.protocol === "https:" ? secure(url, { ...options, ...(ca && { ca }) }, taken) : plain(url, options, taken);
    sending.on("error", (e: NodeJS.ErrnoException) => reject(e.code === "EPROTO" ? notTls(e) : e));
    sending.end(body);
  });
}

/** Instead of OpenSSL's own words. */
const notTls = (cause: Error) => new Error("it speaks no TLS, or none that Node knows", { cause });

async function read(response: IncomingMessage, most: number): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early closes the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return { status, text: undefined };
    chunks.push(chunk);
  }
  return { status, text: Buffer.concat(chunks).toString("utf8") };
}
