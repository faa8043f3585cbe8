import { readFileSync } from "node:fs";
import { fault } from "#sdk/errors.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";

/** ms: a token that was renewed is used within that. */
const READ_EVERY = 30_000;

/** A token that stands in a file, read again now and then. @throws config-unreadable where it cannot be read at first */
export function tokenFile(path: string, clock: { monotonic(): number }): () => string {
  const read = () => readFileSync(path, "utf8").trim();
  let token: string;
  let at = clock.monotonic();
  try {
    token = read();
  } catch (e) {
    throw fault("config-unreadable", { where: path, what: sayFileError(e) }, e);
  }
  return () => {
    const now = clock.monotonic();
    if (now - at < READ_EVERY) return token;
    at = now;
    try {
      token = read();
    } catch {
      // It is being replaced: the one before holds until then, and its use is refused where it does not.
    }
    return token;
  };
}
