import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";

/** Statuses that say something of the target, or of who asks it, and nothing of what was sent. */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  401: "it does not know who asks: look at the token",
  403: "it does not let this one ask: look at the token's permissions",
  404: "there is no function yet",
  429: "it has enough to do",
  503: "it is not ready",
};
/** Others that may be sent again, after Knative's table. */
const RETRIED = new Set([408, 409]);

/**
 * What an answer that is none means: Knative's table of statuses, but for 401 and 403. There they mean that an event is given
 * up; but a token that is wrong for an hour must not set an hour's checks aside.
 */
export function faultOf(url: string, status: number, retryAfter: string | string[] | undefined, text: string) {
  const what = UNAVAILABLE[status];
  if (what !== undefined)
    return fault("dispatch-unavailable", { url, what: `${status}: ${what}`, retryAfter: retryAfterMs(retryAfter) });
  const said = sentenceOf(text);
  if (status >= 500 || RETRIED.has(status) || status < 400)
    return fault("dispatch-failed", { url, what: `${status}${said && `, ${said}`}` });
  return fault("dispatch-refused", { url, status, what: said || "without a word" });
}

/** The header, in ms; 0 where there is none. Dates are left: nobody's clock is trusted. */
export const retryAfterMs = (header: string | string[] | undefined): number =>
  typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : 0;

/** What a server of ours says of an error. */
function sentenceOf(text: string): string {
  if (text.length > 100_000) return "";
  try {
    const { error } = parseJson(text) as { error?: { message?: unknown } };
    return typeof error?.message === "string" ? error.message.slice(0, 500).replace(/\.$/, "") : "";
  } catch {
    return "";
  }
}
