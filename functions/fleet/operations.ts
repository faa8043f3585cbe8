import { OPERATIONS } from "#functions/executor/operations/index.ts";

/** What can be done at all: the executor knows how, the others know of it by this. */
export const NAMES: ReadonlySet<string> = new Set(OPERATIONS.map(({ name }) => name));
/** By themselves: they wait for a person's yes unless the Defender's resource says otherwise. */
export const DANGEROUS = OPERATIONS.filter(({ dangerous }) => dangerous).map(({ name }) => name);
