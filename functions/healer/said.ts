import type { Log } from "#broker/log/log.ts";
import { type Backwards, lookBack } from "#broker/log/look-back.ts";
import { parseJson } from "#sdk/event/json.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import { type Page, pageOf } from "#sdk/serve/page.ts";
import { readWord, type What, type Word } from "./words.ts";

export interface SaidQuery extends Page {
  readonly what?: What;
  /** Globs. A target is `Kind/name` or `Kind/namespace/name`, or its name alone. */
  readonly cluster?: string;
  readonly target?: string;
  readonly operation?: string;
  /** The beginning of a finding's. */
  readonly fingerprint?: string;
}

/** A query as it is written: by a person, or in an address. Throws `request-invalid`. */
export function queryOf(words: Readonly<Record<string, string | undefined>>, now: number): SaidQuery {
  const { since, limit, before, ...rest } = words;
  return { ...(rest as Pick<SaidQuery, "what">), ...pageOf({ since, limit, before }, now) };
}

/** What came of remedies, newest first. What a record's key and type say already is not parsed for. */
export function said(log: Log, query: SaidQuery): Promise<Backwards<Word>> {
  const { since = 0, what, cluster, target, operation, fingerprint = "", limit, before } = query;
  const type = what === undefined ? undefined : `dev.roundsman.remedy.${what}.v1`;
  const isHere = placeFilter(cluster, target);
  const parts = [...literals(operation), fingerprint];
  return lookBack(log, "remedies", {
    limit,
    before,
    take: (record) => {
      const { headers, value, key, time } = record;
      if (time < since) return "old";
      if (value === null || (type !== undefined && headers.ce_type !== type) || !isHere(key)) return undefined;
      if (!parts.every((part) => value.includes(part))) return undefined;
      const word = readWord(record);
      return word &&
        (operation === undefined || matchesGlob(operation, word.operation)) &&
        (word.finding?.fingerprint ?? "").startsWith(fingerprint)
        ? word
        : undefined;
    },
  });
}

/** What must stand in a text that a glob fits. */
const literals = (pattern = ""): string[] => pattern.split(/[*?]/).filter((part) => /^[\w.-]+$/.test(part));

/** Keys come again and again: each is judged once. */
function placeFilter(cluster: string | undefined, target: string | undefined): (key: string) => boolean {
  if (cluster === undefined && target === undefined) return () => true;
  const known = new Map<string, boolean>();
  return (key) => {
    let fits = known.get(key);
    if (fits === undefined) known.set(key, (fits = isPlace(key, cluster, target)));
    return fits;
  };
}

function isPlace(key: string, cluster = "*", target = "*"): boolean {
  const [of = "", kind = "", namespace = "", name = ""] = parseJson(key) as string[];
  const path = [kind, ...(namespace === "" ? [] : [namespace]), name].join("/");
  return matchesGlob(cluster, of) && (matchesGlob(target, path) || matchesGlob(target, name));
}
