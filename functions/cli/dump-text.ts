import { CORE_SCHEMA, loadAll, YAMLException } from "js-yaml";
import { isFault, sayError } from "#sdk/errors.ts";
import { MAX_DEPTH, parseJson } from "#sdk/event/json.ts";
import { cleanJson } from "#sdk/event/json-tree.ts";

/** What is wrong with a text, as the middle of a sentence. */
export class Unreadable extends Error {}

const JSON_START = /^\s*[{[]/;
const isEmpty = (document: unknown) => document === null || document === undefined;
const startsWith = (bytes: Uint8Array, ...start: number[]) => start.every((byte, i) => bytes[i] === byte);

/** A shell may have written what kubectl printed in another encoding than UTF-8. @throws Unreadable */
export function decodeDump(bytes: Uint8Array): string {
  if (startsWith(bytes, 0x1f, 0x8b)) throw new Unreadable("it is compressed: unpack it first (gunzip)");
  const encoding = startsWith(bytes, 0xff, 0xfe) ? "utf-16le" : startsWith(bytes, 0xfe, 0xff) ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable(`it is no text (not valid ${encoding.toUpperCase()})`);
  }
}

/** The documents of a dump: JSON, several JSON values one after the other, or YAML. @throws Unreadable */
export function parseDump(text: string): unknown[] {
  if (text.trim() === "") throw new Unreadable("it is empty");
  if (!JSON_START.test(text)) return parseYaml(text);
  try {
    return [json(text, "it")];
  } catch (e) {
    if (!isFault(e, "json-invalid")) throw new Unreadable(end(sayError(e)));
    if (/^---\s*$/m.test(text)) return parseYaml(text);
    const parts = splitJson(text);
    if (parts.length < 2) throw new Unreadable(end(e.message));
    return parts.map((part, i) => {
      try {
        return json(part, `its part ${i + 1} of ${parts.length}`);
      } catch (wrong) {
        throw new Unreadable(end(sayError(wrong)));
      }
    });
  }
}

const json = (text: string, where: string) => parseJson(text, { poison: "drop", maxDepth: MAX_DEPTH, where });
/** Sentences go on after it. */
const end = (sentence: string) => sentence.replace(/[.:\s]+$/, "");

/** Values that stand one after the other (`kubectl get --raw … >> file`): by their outermost brackets. */
function splitJson(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
    } else if (c === 0x7b || c === 0x5b) depth++;
    else if ((c === 0x7d || c === 0x5d) && --depth === 0) {
      parts.push(text.slice(from, i + 1));
      from = i + 1;
    }
  }
  if (text.slice(from).trim() !== "") parts.push(text.slice(from));
  return parts;
}

/** Where an anchor could be, an alias may stand for it a billion times. kubectl prints none. */
const noAnchors = (_: unknown, state: { anchor?: string | null }) => {
  if (state.anchor !== null && state.anchor !== undefined)
    throw new Unreadable(`it has the YAML anchor &${state.anchor}, which kubectl never prints`);
};

function parseYaml(text: string): unknown[] {
  let documents: unknown[];
  try {
    documents = loadAll(text, undefined, { schema: CORE_SCHEMA, listener: noAnchors as never });
  } catch (e) {
    if (e instanceof Unreadable) throw e;
    const mark = e instanceof YAMLException ? e.mark : undefined;
    const where = mark ? ` at line ${mark.line + 1}, column ${mark.column + 1}` : "";
    throw new Unreadable(`it is neither JSON nor YAML: ${e instanceof YAMLException ? e.reason : sayError(e)}${where}`);
  }
  const some = documents.filter((document) => !isEmpty(document));
  if (some.length === 0) throw new Unreadable("it is empty");
  for (const document of some) if (typeof document === "object") cleanJson(document as object, MAX_DEPTH, true);
  return some;
}
