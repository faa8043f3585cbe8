/** What a terminal, a log line or a reader could stumble over: controls, formats, separators, surrogates, noncharacters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{NChar}]/gu;
const QUOTED_MAX = 60;

/** A stranger's text for an error's sentence: quoted, cut, harmless to print. */
export const quote = (text: string): string => {
  const cut = text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
  return JSON.stringify(cut).replace(UNPRINTABLE, codePoint);
};

/** What a value is, in the words of JSON. */
export const kindOf = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return typeof value === "undefined" ? "nothing" : `a ${typeof value}`;
};

const OUTSIDE_ASCII = /[^\x20-\x7e]/;
/** CloudEvents 1.0, "String": no control characters, no surrogate without its pair, no noncharacters. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{NChar}]/u;

/** What is wrong with the characters of an attribute. */
export const characterFlaw = (text: string): string | undefined => {
  if (!OUTSIDE_ASCII.test(text)) return undefined;
  const found = FORBIDDEN.exec(text);
  return found === null ? undefined : `holds the character ${codePoint(found[0])} at position ${found.index}`;
};

/** True when no surrogate is without its pair, so that the text can be written as UTF-8. */
export const isWellFormed = (text: string): boolean => !OUTSIDE_ASCII.test(text) || !/\p{Cs}/u.test(text);

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
