/**
 * Time of a log that several write. No clock of a broker has a part in it: it is what the writers' monotonic clocks vouch for.
 */
import { renew } from "./history.ts";
import type { InputRecord, Sender } from "./input.ts";
import type { State } from "./state.ts";

/** ms of defender time: of how many records it is known when they were, and how far back. */
const STEP = 20;
const KEPT = 15_000;

/**
 * Lets pass what the record's writer vouches for: it had read up to an offset, and wrote this so much later. That is the least
 * that can have passed between the two. What lies in the log between them may have come at the very end of it (it was long on
 * its way while a broker stood), so a grant there counts as given now; and who had read less than another before it, whose
 * word was taken, vouches for nothing: what that one had read is settled.
 *
 * So for a grant g and a later record n never more passes than did: what is added after g is settled was vouched for by who
 * had read g.
 *
 * @returns the ms that passed
 */
export function passVouched(state: State, { since }: Sender): number {
  const { time } = state;
  if (!since || since[0] < state.settled) return 0;
  const at = momentOf(state, since[0]);
  if (at === undefined) return 0;
  state.settled = since[0];
  const elapsed = Math.max(0, at + since[1] - time.now);
  if (elapsed > 0) renew(state, time.now + elapsed);
  return elapsed;
}

/** Defender time at the offset, or a little less; undefined where it is too long ago. */
function momentOf({ moments }: State, offset: number): number | undefined {
  for (const [known, at] of moments.newest()) if (known <= offset) return at;
  return undefined;
}

/** Remembers when the record was, for who will have read it. */
export function noteMoment({ moments, time }: State, { offset }: InputRecord): void {
  const { last } = moments;
  if (last && time.now - last[1] < STEP) return;
  moments.push([offset, time.now]);
  for (let second = moments.second; second && time.now - second[1] > KEPT; second = moments.second) moments.drop();
}
