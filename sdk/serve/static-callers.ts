import { createHash, timingSafeEqual } from "node:crypto";
import { fault } from "../errors.ts";
import { counted } from "../runtime/text.ts";
import { type Caller, type Callers, PERMISSIONS, permissionsOf } from "./callers.ts";

/** Fewer characters can be guessed. */
const SHORTEST = 16;
const NAME = /^[\x21-\x7e]{1,256}$/;
const HASHED = /^sha256:([0-9a-f]{64})$/;

const hashOf = (token: string): Buffer => createHash("sha256").update(token).digest();

interface Known extends Caller {
  readonly hash: Buffer;
}

/**
 * Callers from a text, a line each: `NAME PERMISSION,… TOKEN`, where the token may stand as `sha256:` and the hash of it in
 * hex; `#` begins a comment. Tokens are kept as hashes. Throws `config-invalid`, which never repeats a token.
 */
export function staticCallers(text: string, where: string): Callers {
  const known = text.split(/\r?\n/).flatMap((line, at) => {
    const words = line.trim().split(/\s+/);
    return words[0] === "" || words[0]!.startsWith("#") ? [] : [callerOf(words, `${where}, line ${at + 1}`)];
  });
  const twice = known.find((one, at) => known.findIndex(({ hash }) => hash.equals(one.hash)) < at);
  if (twice) throw fault("config-invalid", { where, key: twice.name, what: "has a token that another caller has too" });
  if (known.length === 0)
    throw fault("config-invalid", { where, key: "callers", what: "are none: write NAME PERMISSIONS TOKEN in a line" });
  return {
    async known(token) {
      const hash = hashOf(token);
      // All are compared, each in the same time.
      let found: Known | undefined;
      for (const one of known) if (timingSafeEqual(one.hash, hash)) found = one;
      return found && { name: found.name, permissions: found.permissions };
    },
  };
}

function callerOf(words: readonly string[], where: string): Known {
  const [name = "", list = "", token = ""] = words;
  const refuse = (key: string, what: string) => fault("config-invalid", { where, key, what });
  if (words.length !== 3) throw refuse("it", `has ${counted(words.length, "word")}: write NAME PERMISSIONS TOKEN`);
  if (!NAME.test(name)) throw refuse("NAME", "must be 1 to 256 printable ASCII characters");
  const permissions = permissionsOf(list.split(","));
  if (!permissions) throw refuse("PERMISSIONS", `must be of ${PERMISSIONS.join(", ")}, joined by commas, or *`);
  const hashed = HASHED.exec(token)?.[1];
  if (hashed !== undefined) return { name, permissions, hash: Buffer.from(hashed, "hex") };
  if (token.startsWith("sha256:")) throw refuse("TOKEN", "must have 64 digits of lower-case hex after sha256:");
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < SHORTEST)
    throw refuse(
      "TOKEN",
      `must be ${SHORTEST} or more printable ASCII characters, such as \`openssl rand -hex 32\` makes`,
    );
  return { name, permissions, hash: hashOf(token) };
}
