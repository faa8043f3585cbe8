import { isFault } from "../errors.ts";
import { type Ask, type AskOptions, createAsk } from "./ask.ts";

/** So long one of several is waited for, ms: the whole of it is known within two seconds. */
const EACH = 900;
const WHOLE = 1_800;

/**
 * Asks any of several defenders that fold one log: where one does not answer, the next. Each gives the one answer that a
 * request has.
 */
export function createAskAny(urls: readonly string[], options: Omit<AskOptions, "url" | "timeout">): Ask {
  const timeout = urls.length === 1 ? WHOLE : EACH;
  const asks = urls.map((url) => createAsk({ ...options, url, timeout }));
  let first = 0;
  return async (request, traceparent) => {
    const until = performance.now() + WHOLE - EACH;
    for (let n = 0; ; n++) {
      const at = (first + n) % asks.length;
      try {
        const decision = await asks[at]!(request, traceparent);
        first = at;
        return decision;
      } catch (e) {
        if (!isFault(e, "defender-unreachable") || n + 1 >= asks.length || performance.now() > until) throw e;
      }
    }
  };
}
