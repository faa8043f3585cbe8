const VERSIONED = /^(.+)\.v([1-9][0-9]{0,5})$/s;

export interface TypeVersion {
  /** The type without its version. */
  readonly name: string;
  readonly version: number;
}

/** Takes `dev.roundsman.check.due.v1` apart; undefined where a type does not end with a version. */
export const typeVersion = (type: string): TypeVersion | undefined => {
  const [, name, version] = VERSIONED.exec(type) ?? [];
  return name === undefined ? undefined : { name, version: Number(version) };
};

/**
 * How a record's type stands to the one that its reader was written for.
 *
 * known  this version or the one before: to be read
 * older  before these: kept no longer, a reader may drop it
 * newer  of a later release: to be set aside, never dropped
 * other  another type, or one without a version
 */
export type Readability = "known" | "older" | "newer" | "other";

export const readability = (type: string, current: string): Readability => {
  if (type === current) return "known";
  const [theirs, ours] = [typeVersion(type), typeVersion(current)];
  if (theirs === undefined || ours === undefined || theirs.name !== ours.name) return "other";
  if (theirs.version > ours.version) return "newer";
  return theirs.version >= ours.version - 1 ? "known" : "older";
};
