/** Where and why a text is no JSON: our own words, because V8's differ by version and repeat parts of the text. */
export interface JsonError {
  readonly what: string;
  /** Both count from 1; columns are UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const BAD_STRING = "expected a string without control characters and unknown escapes, in double quotes";

/** Call it with a text that JSON.parse refused. Reads on until the fault, without recursion. */
export const findJsonError = (text: string): JsonError => {
  let at = 0;
  /** Moves over what matches here; says whether anything did. */
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const takeString = (): boolean => {
    for (at++; at < text.length; ) {
      const code = text.charCodeAt(at);
      if (code < 0x20) return false;
      if (code === 0x5c) {
        if (!take(ESCAPE)) return false;
        continue;
      }
      at++;
      if (code === 0x22) return true;
    }
    return false;
  };
  const error = (what: string): JsonError => {
    const before = text.slice(0, at);
    return {
      what: at >= text.length ? `${what}, found the end` : what,
      line: before.split("\n").length,
      column: at - before.lastIndexOf("\n"),
    };
  };

  /** The closers still owed, the innermost last. */
  const open: ("}" | "]")[] = [];
  let next: "value" | "element or end" | "key or end" | "key" | "comma or end" = "value";
  for (;;) {
    take(SPACE);
    const c = text[at];
    const closer = open.at(-1);
    if (next !== "value" && next !== "key" && closer !== undefined && c === closer) {
      at++;
      open.pop();
      next = "comma or end";
      continue;
    }
    switch (next) {
      case "comma or end":
        if (closer === undefined) return error("expected nothing after the value");
        if (c !== ",") return error(`expected "," or "${closer}"`);
        at++;
        next = closer === "}" ? "key" : "value";
        break;
      case "key or end":
      case "key":
        if (c !== '"') return error("expected a key in double quotes");
        if (!takeString()) return error(BAD_STRING);
        take(SPACE);
        if (text[at] !== ":") return error('expected ":" after the key');
        at++;
        next = "value";
        break;
      default:
        if (c === "{" || c === "[") {
          at++;
          open.push(c === "{" ? "}" : "]");
          next = c === "{" ? "key or end" : "element or end";
          break;
        }
        if (c === '"') {
          if (!takeString()) return error(BAD_STRING);
        } else if (!take(NUMBER) && !take(WORD)) return error("expected a value");
        next = "comma or end";
    }
  }
};
