import type { Log } from "#broker/log/log.ts";
import { type Backwards, lookBack } from "#broker/log/look-back.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
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
