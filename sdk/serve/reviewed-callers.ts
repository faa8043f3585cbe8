import { createHash } from "node:crypto";
import { fault, sayError } from "../errors.ts";
import { matchesGlob } from "../resources/glob.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Caller, type Callers, PERMISSIONS, type Permission, permissionsOf } from "./callers.ts";

/** What the status of a TokenReview says, as far as it is gone by. */
export interface Review {
  readonly authenticated?: boolean;
  /** Those of the audiences that were asked for which the token is for. */
  readonly audiences?: readonly string[];
  readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
}

/** Globs of a user's name or of one of its groups, and what they may do. All that fit add up. */
export interface Right {
  readonly user?: string;
  readonly group?: string;
  readonly permissions: readonly string[];
}

export interface ReviewedOptions {
  /** Asks the API server; rejects where it cannot be asked. */
  readonly review: (token: string, audiences: readonly string[]) => Promise<Review>;
  readonly rights: readonly Right[];
  readonly clock: Pick<Clock, "monotonic">;
  /** A token for another one is nobody's here. */
  readonly audience?: string;
}

/** An answer is believed so long, ms: a token that was revoked is known until then. */
const BELIEVED = 3_000;
const MOST = 1_000;

/** Callers known by their cluster's API server. Who has no right that fits may do nothing. */
export function reviewedCallers(options: ReviewedOptions): Callers {
  const { review, clock, audience = "defender" } = options;
  const rights = options.rights.map(checkRight);
  const answers = new Map<string, { readonly until: number; readonly caller: Promise<Caller | undefined> }>();

  const permissionsFor = (name: string, groups: readonly string[]): ReadonlySet<Permission> =>
    new Set(
      rights
        .filter(
          ({ user, group }) =>
            (user !== undefined && matchesGlob(user, name)) ||
            (group !== undefined && groups.some((one) => matchesGlob(group, one))),
        )
        .flatMap(({ permissions }) => [...permissions]),
    );

  async function ask(token: string): Promise<Caller | undefined> {
    let answer: Review;
    try {
      answer = await review(token, [audience]);
    } catch (e) {
      throw fault("callers-unavailable", { what: sayError(e) }, e);
    }
    const name = answer.user?.username;
    // A server that knows of no audiences leaves them out, and so has not looked at them.
    if (answer.authenticated !== true || !name || !answer.audiences?.includes(audience)) return undefined;
    return { name, permissions: permissionsFor(name, answer.user?.groups ?? []) };
  }

  return {
    known(token) {
      const key = createHash("sha256").update(token).digest("base64");
      const now = clock.monotonic();
      for (const [old, { until }] of answers) if (until <= now || answers.size >= MOST) answers.delete(old);
      const before = answers.get(key);
      if (before) return before.caller;
      const caller = ask(token);
      answers.set(key, { until: now + BELIEVED, caller });
      // What could not be found out is asked again.
      caller.catch(() => answers.delete(key));
      return caller;
    },
  };
}

function checkRight({ user, group, permissions: words }: Right, at: number) {
  const permissions = permissionsOf(words);
  const refuse = (key: string, what: string) =>
    fault("config-invalid", { where: "The rights of callers", key: `${at}${key}`, what });
  if (user === undefined && group === undefined) throw refuse("", "names no user and no group");
  if (!permissions) throw refuse(".permissions", `must be of ${PERMISSIONS.join(", ")}, or *`);
  return { user, group, permissions };
}
