import { isUtf8 } from "node:buffer";
import { fault } from "../errors.ts";
import { findJsonError } from "./json-error.ts";
import { cleanJson } from "./json-tree.ts";

export interface ParseJsonOptions {
  /**
   * What happens to keys that could alter other objects (`__proto__`; `constructor` that holds a `prototype`), and to what
   * nests too deep: `refuse` (default) throws; `drop` takes them out (an element of an array becomes null), for bulk
   * data, where one hostile object must not stop the list.
   */
  readonly poison?: "refuse" | "drop";
  /**
   * Levels of arrays and objects. Default 200; without limit for `drop`, because keeping one takes a walk over the value
   * (a fifth of the time of parsing megabytes). Who drops and recurses, or stringifies, passes one.
   */
  readonly maxDepth?: number;
  /** What the text is, for the error's sentence; default "The JSON text". */
  readonly where?: string;
}

/** Far from where V8's own JSON.stringify ends its stack, at some 3,000 to 5,000 levels. */
export const MAX_DEPTH = 200;

/**
 * What a text with a poisonous key must contain: the name itself, or an escape of a character from P to DEL. The native
 * search costs some 5 % of parsing; `constructor` alone is a fair key, so `prototype` is looked for.
 */
const SUSPECT = /__proto__|prototype|\\u00[567]/;

/**
 * The one JSON parser. Of duplicate keys the last one counts, as with JSON.parse, and numbers are doubles: integers
 * beyond 2^53 are rounded. A byte order mark is refused (RFC 8259, 8.1).
 *
 * Throws `json-invalid`, `not-utf8`, `json-poisoned`, `json-too-deep` (all status 400).
 */
export const parseJson = (text: string | Uint8Array, options: ParseJsonOptions = {}): unknown => {
  const { poison = "refuse", where = "The JSON text" } = options;
  const { maxDepth = poison === "drop" ? Number.POSITIVE_INFINITY : MAX_DEPTH } = options;
  const source = typeof text === "string" ? text : decodeUtf8(text, where);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    // Without V8's error as the cause: it repeats parts of the text, which may be secret.
    throw fault("json-invalid", { where, ...findJsonError(source) });
  }
  if (typeof value !== "object" || value === null) return value;
  // A level takes two characters at least: a short text cannot be too deep.
  if (source.length <= 2 * maxDepth && !SUSPECT.test(source)) return value;
  const flaw = cleanJson(value, maxDepth, poison === "drop");
  if (flaw === undefined) return value;
  if (flaw.kind === "poison") throw fault("json-poisoned", { where, path: flaw.path });
  throw fault("json-too-deep", { where, limit: maxDepth, path: flaw.path });
};

/** Throws `not-utf8`; nothing is replaced, a byte order mark stays. */
export const decodeUtf8 = (bytes: Uint8Array, where: string): string => {
  if (!isUtf8(bytes)) throw fault("not-utf8", { where });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
};
