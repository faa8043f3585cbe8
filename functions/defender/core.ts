/** The defender without a process around it: the fold, its state, its words. Pure: no clock, no I/O. */
export { type Answer, decide } from "./decide.ts";
export { dryRun } from "./dry-run.ts";
export { sayDecision, sayReason } from "./explain.ts";
export type { Input, InputRecord, Stamp } from "./input.ts";
export { freeze, thaw } from "./snapshot.ts";
export { emptyState, type State, VERSION } from "./state.ts";
