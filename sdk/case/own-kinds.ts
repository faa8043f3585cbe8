const OWN: ReadonlySet<string> = new Set(["roundsman/Cluster", "roundsman/Canary"]);

/** A kind whose rows the watcher makes itself: nobody lists it, and its view is never old. */
export const isOwnKind = (kind: string): boolean => OWN.has(kind);
