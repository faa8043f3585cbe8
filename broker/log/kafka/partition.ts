import { isFault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import type { TopicSpec } from "../../topics.ts";

/**
 * The partition of a key: of the part that `partitionBy` names, else of the whole key. FNV-1a with a final mix, so that
 * keys which differ in a digit spread too. It must never change: the order per key rests on it.
 */
export const partitionOf = (spec: TopicSpec, key: string, partitions: number): number => {
  if (partitions === 1) return 0;
  return hash(partText(spec, key)) % partitions;
};

const partText = ({ key: parts, partitionBy }: TopicSpec, key: string): string => {
  const at = partitionBy === undefined ? -1 : parts.indexOf(partitionBy);
  if (at < 0) return key;
  const values = arrayOf(key);
  return values === undefined || values.length <= at ? key : JSON.stringify(values[at]);
};

const arrayOf = (key: string): unknown[] | undefined => {
  try {
    const values = parseJson(key);
    return Array.isArray(values) ? values : undefined;
  } catch (e) {
    // Whoever posts facts chooses their keys: what is no JSON is its own whole.
    if (isFault(e)) return undefined;
    throw e;
  }
};

const hash = (text: string): number => {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};
