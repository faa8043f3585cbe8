import { Agent, request } from "undici";
import type { Manifest } from "#sdk/case/manifest.ts";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { faultOf } from "./reply-fault.ts";

export interface AskCasesOptions {
  readonly token?: (() => string | undefined) | undefined;
  /** ms for the whole answer; a host that starts from nothing needs some. */
  readonly timeout: number;
  /** PEM certificates that https:// is believed by. */
  readonly ca?: string | undefined;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,60}\/[a-z0-9][a-z0-9-]{0,60}$/;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The manifests of a host, `GET /v1/cases`. Rejects with `dispatch-unavailable`, `dispatch-failed` or `dispatch-refused`. */
export async function askCases(host: string, options: AskCasesOptions): Promise<readonly Manifest[]> {
  const url = new URL("v1/cases", host.endsWith("/") ? host : `${host}/`).href;
  const bearer = options.token?.();
  const connections = new Agent({ connect: options.ca === undefined ? {} : { ca: options.ca } });
  try {
    const { statusCode, headers, body } = await request(url, {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(options.timeout),
      dispatcher: connections,
    });
    const text = await body.text();
    if (statusCode !== 200) throw faultOf(url, statusCode, headers["retry-after"], text);
    return read(url, text);
  } catch (e) {
    if (isFault(e)) throw e;
    throw fault("dispatch-unavailable", { url, what: sayError(e), retryAfter: 0 }, e);
  } finally {
    await connections.destroy();
  }
}

function read(url: string, text: string): readonly Manifest[] {
  const refuse = (what: string) => fault("dispatch-failed", { url, what });
  const answer = parseJson(text, { where: `The answer of ${url}` });
  const cases = isObject(answer) ? answer.cases : undefined;
  if (!Array.isArray(cases)) throw refuse("its answer has no list of cases");
  for (const one of cases)
    if (!isObject(one) || !NAME.test(String(one.name)) || !isObject(one.reads) || !isObject(one.params))
      throw refuse(`${JSON.stringify(isObject(one) ? one.name : one)} is no manifest of a case`);
  return cases as Manifest[];
}
