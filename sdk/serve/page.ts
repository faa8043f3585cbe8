import { sinceOf } from "./since.ts";

/** Where a page of what is told newest first begins, ends, and how long it is. */
export interface Page {
  /** Unix ms. */
  readonly since?: number;
  readonly limit: number;
  readonly before?: number;
}

const LIMIT = 50;
const MOST = 1_000;

/** A page as it is written: by a person, or in an address; 50 where no word is said, 1,000 at most. Throws `request-invalid`. */
export const pageOf = ({ since, limit, before }: Readonly<Record<string, string | undefined>>, now: number): Page => ({
  ...(since !== undefined && { since: sinceOf(since, now) }),
  ...(before !== undefined && { before: Number(before) }),
  limit: Math.min(MOST, Math.max(1, Number(limit ?? LIMIT))),
});
