/** What a mistake is made in, as one module: the journal, and the fold that judges it. */
export { decide } from "../../functions/defender/decide.ts";
export { SharedJournal } from "../../functions/defender/shared-journal.ts";
export { freeze } from "../../functions/defender/snapshot.ts";
export { emptyState } from "../../functions/defender/state.ts";
