import { durationMs, isDuration } from "../case/duration.ts";
import { fault } from "../errors.ts";
import { parseTime } from "../event/time.ts";

/** `24h` ago, or a moment: unix ms. Throws `request-invalid`. */
export function sinceOf(text: string, now: number): number {
  if (isDuration(text)) return now - durationMs(text, "since");
  const moment = parseTime(text);
  if (moment === undefined)
    throw fault("request-invalid", {
      field: "since",
      what: `is "${text}": write how long ago, such as 24h, or a moment, such as 2027-01-01T03:00:00Z`,
    });
  return moment;
}
