/** What the test of a case imports. */
export { type Examination, type Examined, examine, type World } from "./examine.ts";
export type { ExaminedProbe, ProbeWorld } from "./examine-probe.ts";
