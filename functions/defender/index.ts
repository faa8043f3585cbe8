/**
 * The defender. For whoever builds on it:
 *
 *   Defender            the process: start, stop, decide, init, configure, brake, release, reset, approve, end, dryRun,
 *                       standing, config, brakes, initialised; heartbeat, sizes, executorClock for what clusters report
 *   followClusters      brings the reports of topic `clusters` to it; `followRemedies` how operations ended
 *   defenderRoutes      its HTTP API on a server of `sdk/serve/http-server.ts`
 *   sayDecision         a decision as lines; `sayReason` one reason; `tellDecision` for a person on call, with what to do
 *   createConfigCheck   refuses a configuration with a mistake, by a sentence that names the field
 *   DEFAULT_CONFIG, …   what holds until a configuration is in the log; CAPS is what none can raise
 *   core.ts             the pure fold: `decide(state, record) → [state, answer]`, `freeze`, `thaw`, `dryRun`
 *
 * What others need of its words (request, decision, reasons, reports) is in `#sdk/operation/`.
 */
export type { DefenderApi } from "./api/options.ts";
export { defenderRoutes } from "./api/routes.ts";
export { createConfigCheck } from "./check-config.ts";
export { followClusters } from "./clusters.ts";
export {
  type Budget,
  CAPS,
  type Calendar,
  type Config,
  DEFAULT_BUDGET,
  DEFAULT_CONFIG,
  DEFAULT_SETTINGS,
  type Limit,
  type Match,
  type Most,
  type Settings,
  TRUST,
  type Trust,
  type TrustRule,
} from "./config.ts";
export { Defender, type DefenderOptions, type Person } from "./defender.ts";
export type { DryRun } from "./dry-run.ts";
export { sayDecision, sayReason } from "./explain.ts";
export { followRemedies } from "./follow-remedies.ts";
export type { Standing } from "./standing.ts";
export type { Brake } from "./state.ts";
export { tellDecision } from "./tell.ts";
export { kernelTicks, type Ticks } from "./ticks.ts";
