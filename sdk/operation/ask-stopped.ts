import { sayError } from "../errors.ts";
import { parseJson } from "../event/json.ts";
import { exchange } from "../runtime/exchange.ts";

export interface AskStoppedOptions {
  /** Of defenders: any of them knows. */
  readonly urls: readonly string[];
  readonly token?: (() => string | Promise<string>) | undefined;
  /** ms for one of them. Default 2 s. */
  readonly timeout?: number;
  /** PEM certificates that https:// defenders are believed by. */
  readonly ca?: string | undefined;
}

/**
 * Why what was granted may not go on; undefined: it may. Never rejects: where no defender answers in time, that is why. The
 * one that answered last is asked first.
 */
export function createAskStopped({ urls, token, timeout = 2_000, ca }: AskStoppedOptions) {
  let first = 0;
  async function ask(url: string, fence: number): Promise<string | undefined> {
    const bearer = await token?.();
    const { status, text } = await exchange(new URL(`/v1/grants/${fence}`, url), {
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
      ca,
      signal: AbortSignal.timeout(timeout),
    });
    if (status !== 200 || text === undefined) throw new Error(`it answered with status ${status}`);
    const said = parseJson(text) as { fence?: unknown; stopped?: unknown } | null;
    if (said?.fence !== fence) throw new Error("it answered something else");
    return said.stopped === undefined ? undefined : String(said.stopped);
  }
  return async (fence: number): Promise<string | undefined> => {
    const failed: string[] = [];
    for (let n = 0; n < urls.length; n++) {
      const at = (first + n) % urls.length;
      try {
        const said = await ask(urls[at]!, fence);
        first = at;
        return said;
      } catch (e) {
        failed.push(`${urls[at]}: ${sayError(e)}`);
      }
    }
    return `no defender says whether the brake is on (${failed.join("; ")})`;
  };
}
