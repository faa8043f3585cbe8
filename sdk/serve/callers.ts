/** Who calls an HTTP server, and what each may do. */

export const PERMISSIONS = [
  "read",
  /** Sends events to a function. */
  "send",
  "decide",
  "brake",
  /** Lets go: of a brake, of a latch. Another one's than who may pull it. */
  "release",
  "approve",
  "configure",
  /** Has what was set aside evaluated again, and sinks told again. */
  "replay",
  "init",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface Caller {
  /** As the log will have it. */
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
}

export interface Callers {
  /** Whose token it is; undefined: nobody's. Rejects with `callers-unavailable` where that cannot be found out. */
  known(token: string): Promise<Caller | undefined>;
}

/** Who has a loopback port to itself. */
export const LOCAL: Caller = { name: "local", permissions: new Set(PERMISSIONS) };

/** `*` stands for all. Undefined where a word is no permission. */
export function permissionsOf(words: readonly string[]): Set<Permission> | undefined {
  if (words.includes("*")) return new Set(PERMISSIONS);
  const known = words.filter((word): word is Permission => (PERMISSIONS as readonly string[]).includes(word));
  return known.length === words.length ? new Set(known) : undefined;
}

const BEARER = /^Bearer +([\x21-\x7e]{1,8192})$/i;

/** The token of a header `Authorization`. */
export const bearerOf = (header: string | undefined): string | undefined => BEARER.exec(header ?? "")?.[1];
