import { readFile } from "node:fs/promises";
import { fault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import type { Context } from "./context.ts";

/** Which running one is asked, and by whose token. */
export interface Remote {
  readonly url?: string;
  readonly tokenFile?: string;
}

export interface Client {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/** A running Roundsman over HTTP. Rejects with `not-running` or `answered-badly`. */
export async function connect({ process: { env } }: Context, { url: given, tokenFile }: Remote): Promise<Client> {
  const url = given ?? `http://127.0.0.1:${env.PORT || 8080}`;
  const token = tokenFile === undefined ? env.ROUNDSMAN_TOKEN || undefined : await readToken(tokenFile);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    get: (path) => ask(url, path, { headers }),
    post: (path, body) =>
      ask(url, path, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
  };
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (e) {
    throw fault("config-unreadable", { where: file, what: sayFileError(e) }, e);
  }
}

async function ask<T>(url: string, path: string, init: RequestInit): Promise<T> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(new URL(path, url), { ...init, signal: AbortSignal.timeout(10_000) });
    status = response.status;
    text = await response.text();
  } catch (e) {
    throw fault("not-running", { url, what: sayError((e as Error).cause ?? e) }, e);
  }
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
