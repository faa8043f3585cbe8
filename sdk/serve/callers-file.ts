import { fault } from "../errors.ts";
import { textOf } from "../runtime/text-of.ts";
import { type Callers, PERMISSIONS, permissionsOf } from "./callers.ts";
import { type ReviewedOptions, type Right, reviewedCallers } from "./reviewed-callers.ts";
import { staticCallers } from "./static-callers.ts";

/** How the cluster's API server is asked whose a token is, and for which audience tokens must be. */
export type Reviews = Pick<ReviewedOptions, "review" | "clock" | "audience">;

const REVIEWED = /^(user|group):(\S+)$/;
const FROM_FILE = /^file:(\S+)$/;

/**
 * Callers from a file, a line each, in either way: `NAME PERMISSION,… TOKEN` (TOKEN may stand as `sha256:HEX`, or as
 * `file:PATH` of a file that holds it), or `user:GLOB PERMISSION,…` and `group:GLOB PERMISSION,…`, known by the cluster's
 * API server. Rejects with `config-invalid` (names the line, never a token) and `config-unreadable`.
 */
export async function readCallers(file: string, reviews?: Reviews): Promise<Callers> {
  const rights: Right[] = [];
  const lines: string[] = [];
  for (const [at, line] of (await textOf(file)).split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    const right = rightOf(words, `${file}, line ${at + 1}`, reviews);
    if (right) rights.push(right);
    // A line keeps its number, for what is said of those that follow.
    lines.push(right ? "" : await withToken(words));
  }
  const hasStatic = lines.some((line) => line !== "" && !line.startsWith("#"));
  const known = hasStatic || rights.length === 0 ? staticCallers(lines.join("\n"), file) : undefined;
  const reviewed = rights.length > 0 ? reviewedCallers({ ...reviews!, rights }) : undefined;
  return { known: async (token) => (await known?.known(token)) ?? reviewed?.known(token) };
}

function rightOf([who = "", list = "", ...more]: readonly string[], where: string, reviews?: Reviews) {
  const [, kind, glob] = REVIEWED.exec(who) ?? [];
  if (kind === undefined) return undefined;
  const refuse = (key: string, what: string) => fault("config-invalid", { where, key, what });
  if (!reviews)
    throw refuse(who, "can be known by a cluster's API server alone, and this process has none: write NAME … TOKEN");
  const permissions = permissionsOf(list.split(","));
  if (!permissions) throw refuse("PERMISSIONS", `must be of ${PERMISSIONS.join(", ")}, joined by commas, or *`);
  if (more.length > 0) throw refuse(who, "takes PERMISSIONS and no token: the API server knows its tokens");
  return { [kind]: glob, permissions: [...permissions] } as Right;
}

async function withToken(words: readonly string[]): Promise<string> {
  const path = words.length === 3 ? FROM_FILE.exec(words[2]!)?.[1] : undefined;
  return [...words.slice(0, 2), path === undefined ? words.slice(2) : (await textOf(path)).trim()].flat().join(" ");
}
