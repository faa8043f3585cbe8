/** What people read on a terminal or in a line. */
import { stripVTControlCharacters, styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

/** What comes from a cluster may not move a terminal's cursor, nor begin a line of its own. */
export const plain = (text: string): string => stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029]+/gu, " ");

export const painter =
  (colour: boolean) =>
  (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;

/** `1 pod`, `2 pods`. */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
