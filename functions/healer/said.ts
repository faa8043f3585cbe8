import type { Log } from "#broker/log/log.ts";
import { type Backwards, lookBack } from "#broker/log/look-back.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import { sinceOf } from "#sdk/serve/since.ts";
import { readWord, type What, type Word } from "./words.ts";

export interface SaidQuery {
  /** Unix ms. */
  readonly since?: number;
  readonly what?: What;
  /** Globs. A target is `Kind/name` or `Kind/namespace/name`, or its name alone. */
  readonly cluster?: string;
  readonly target?: string;
  readonly operation?: string;
  /** The beginning of a finding's. */
  readonly fingerprint?: string;
  readonly limit: number;
  readonly before?: number;
}

const LIMIT = 50;
const MOST = 1_000;

/** A query as it is written: by a person, or in an address. Throws `request-invalid`. */
export function queryOf(words: Readonly<Record<string, string | undefined>>, now: number): SaidQuery {
  const { since, limit, before, ...rest } = words;
  return {
    ...(rest as Pick<SaidQuery, "what">),
    ...(since !== undefined && { since: sinceOf(since, now) }),
    ...(before !== undefined && { before: Number(before) }),
    limit: Math.min(MOST, Math.max(1, Number(limit ?? LIMIT))),
  };
}

/** What came of remedies, newest first. */
export function said(log: Log, query: SaidQuery): Promise<Backwards<Word>> {
  const { since = 0, what, cluster, target, operation, fingerprint = "", limit, before } = query;
  const fits = (pattern: string | undefined, ...texts: string[]) =>
    pattern === undefined || texts.some((text) => matchesGlob(pattern, text));
  return lookBack(log, "remedies", {
    limit,
    before,
    take: (record) => {
      if (record.time < since) return "old";
      const word = readWord(record);
      if (!word || (what !== undefined && word.what !== what)) return undefined;
      const { kind, namespace, name } = word.target;
      const path = [kind, ...(namespace === undefined ? [] : [namespace]), name].join("/");
      return fits(cluster, word.cluster) &&
        fits(target, path, name) &&
        fits(operation, word.operation) &&
        (word.finding?.fingerprint ?? "").startsWith(fingerprint)
        ? word
        : undefined;
    },
  });
}
