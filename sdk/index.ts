/** What the author of a case imports. */
export { type Duration, durationMs } from "./case/duration.ts";
export { condition, controller, quantity, ref } from "./case/helpers.ts";
export { type CheckContext, type Inspection, inspection } from "./case/inspection.ts";
// A star, so that `declare module "roundsman" { interface Kinds { … } }` can add to it.
export type * from "./case/kinds.ts";
export { type Kube, type Probe, type ProbeContext, probe } from "./case/probe.ts";
export type { Problem, Said } from "./case/problem.ts";
export type { Read } from "./case/read.ts";
export { type Static, t } from "./case/schema.ts";
export type { Ref, Severity } from "./terms.ts";
