import { readFile } from "node:fs/promises";
import { fault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { type Exchange, exchange } from "#sdk/runtime/exchange.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import type { Context } from "./context.ts";

/** Which running one is asked, and by whose token. */
export interface Remote {
  readonly url?: string;
  readonly tokenFile?: string;
  /** PEM certificates that it is believed by. */
  readonly caFile?: string;
}

export interface Client {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/** A running Roundsman over HTTP. Rejects with `not-running` or `answered-badly`. */
export async function connect({ process: { env } }: Context, remote: Remote): Promise<Client> {
  const { tokenFile, caFile = env.ROUNDSMAN_CA_FILE || undefined } = remote;
  const url = remote.url ?? `http://127.0.0.1:${env.PORT || 8080}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw fault("words-unclear", {
      text: `--url ${url}`,
      what: "is no address",
      wanted: "http://HOST:PORT or https://HOST:PORT",
    });
  const token = tokenFile === undefined ? env.ROUNDSMAN_TOKEN || undefined : await readText(tokenFile);
  const ca = caFile === undefined ? undefined : await readText(caFile);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    get: (path) => ask(url, path, { headers, ca }),
    post: (path, body) =>
      ask(url, path, {
        method: "POST",
        ca,
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (e) {
    throw fault("config-unreadable", { where: file, what: sayFileError(e) }, e);
  }
}

/** Bytes of an answer: an audit or a list of findings may be long. */
const MOST = 1 << 28;

async function ask<T>(url: string, path: string, of: Omit<Exchange, "signal">): Promise<T> {
  let status: number;
  let text: string | undefined;
  try {
    ({ status, text } = await exchange(new URL(path, url), { ...of, most: MOST, signal: AbortSignal.timeout(10_000) }));
  } catch (e) {
    throw fault("not-running", { url, what: sayError(e) }, e);
  }
  if (text === undefined) throw fault("answered-badly", { url, status, what: `more than ${MOST} bytes` });
  let body: T & { error?: { message: string } };
  try {
    body = parseJson(text) as typeof body;
  } catch (e) {
    throw fault("answered-badly", { url, status, what: "not in Roundsman's JSON; something else listens there" }, e);
  }
  if (status !== 200)
    throw fault("answered-badly", {
      url,
      status,
      what: (body.error?.message ?? "it says no reason").replace(/\.$/, ""),
    });
  return body;
}
