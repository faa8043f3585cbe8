/** Which resources of a cluster count: pure. A mistake in one leaves its last good one standing, and all others as they are. */
import { isFault, sayError } from "#sdk/errors.ts";
import type { Resource } from "#sdk/resources/schemas.ts";

export interface Offered {
  /** `Kind name`, as sentences on it begin. */
  readonly id: string;
  /** What it says, or why it cannot be read. */
  readonly read: Resource | Error;
}

export interface Judged {
  /** What counts from now on. */
  readonly resources: readonly Resource[];
  /** Why one does not count as it stands, by id. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Of one that counts, the ids of those that were refused because of it. */
  readonly instead: ReadonlyMap<string, readonly string[]>;
}

export interface Refusal {
  readonly message: string;
  /** What was accepted before stays in force. */
  readonly stands: boolean;
}

const isSame = (a: Resource | undefined, b: Resource | Error): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * @param offered the older first
 * @param good what counted before, by id
 * @param check refuses what does not go together, with an error whose `where` is an id
 */
export function judge(
  offered: readonly Offered[],
  good: ReadonlyMap<string, Resource>,
  check: (resources: readonly Resource[]) => void,
): Judged {
  // Where two do not go together it is the one that changed last that is refused.
  const known = offered.filter(({ id, read }) => isSame(good.get(id), read));
  const inOrder = [...known, ...offered.filter((one) => !known.includes(one))];
  const why = new Map<string, string>();
  const gone = new Set<string>();
  for (const { id, read } of offered) if (read instanceof Error) why.set(id, read.message);
  const standing = ({ id, read }: Offered): Resource | undefined => {
    if (gone.has(id)) return undefined;
    return why.has(id) ? good.get(id) : (read as Resource);
  };
  for (;;) {
    const resources = inOrder.flatMap((one) => standing(one) ?? []);
    try {
      check(resources);
      const refused = [...why].map(
        ([id, message]) => [id, { message, stands: good.has(id) && !gone.has(id) }] as const,
      );
      return { resources, refused: new Map(refused), instead: insteadOf(inOrder, why) };
    } catch (e) {
      const blamed = inOrder.filter((one) => standing(one) && isAbout(e, one.id));
      // Where nobody is named, whatever is new may be it; and where nothing is new, nothing is safe.
      const fresh = inOrder.filter((one) => standing(one) && !why.has(one.id) && !known.includes(one));
      const next = blamed.length > 0 ? blamed : fresh.length > 0 ? fresh : inOrder.filter(standing);
      if (next.length === 0) throw e;
      for (const { id } of next) {
        // What stood before cannot stand any more, or it is what it was.
        if (why.has(id) || known.some((one) => one.id === id)) gone.add(id);
        if (!why.has(id)) why.set(id, sayError(e));
      }
    }
  }
}

/** Both say so: a refusal names what it does not go together with. */
function insteadOf(offered: readonly Offered[], why: ReadonlyMap<string, string>): ReadonlyMap<string, string[]> {
  const instead = new Map<string, string[]>();
  for (const { id } of offered) {
    if (why.has(id)) continue;
    const others = [...why].filter(([, message]) =>
      `${message} `
        .split(id)
        .slice(1)
        .some((rest) => !/^[\w.-]/.test(rest)),
    );
    if (others.length > 0)
      instead.set(
        id,
        others.map(([other]) => other),
      );
  }
  return instead;
}

/** Whose sentence it is: `ProbeConfig a`, or `ProbeConfig a: for`. */
function isAbout(e: unknown, id: string): boolean {
  if (!isFault(e)) return false;
  const place = String(e.details.where ?? e.details.field ?? "");
  return place === id || place.startsWith(`${id}:`);
}
