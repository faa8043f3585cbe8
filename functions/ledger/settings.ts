import { fingerprintOf } from "#sdk/case/identity.ts";
import { type Instance, kindsOf } from "#sdk/resources/instances.ts";
import type { CheckError, StatedProblem } from "#sdk/terms.ts";

/** What the ledger goes by for one instance: a case's, or one of its own. */
export interface Settings {
  readonly case: string;
  readonly second?: string;
  readonly help: string;
  readonly owner?: string;
  /** ms */
  readonly for: number;
  readonly clear: number;
  /** Its findings freeze when the view of one of them is old. */
  readonly kinds: readonly string[];
}

/** The ledger's own instances: findings on what watches, rather than on what is watched. */
export const CASE_HEALTH = "roundsman/case-health";
export const STALE_VIEW = "roundsman/stale-view";
export const LEFT_OUT = "roundsman/left-out";

const OWN: Readonly<Record<string, Settings>> = {
  [CASE_HEALTH]: {
    case: CASE_HEALTH,
    help: "A case could not run. Its open findings are kept as they were and nothing new is found until it runs again: mend the case, or give Roundsman the rights it lacks (roundsman rbac).",
    for: 10_000,
    clear: 0,
    kinds: [],
  },
  [STALE_VIEW]: {
    case: STALE_VIEW,
    help: "The API server has not been heard of for over 30 seconds for the kinds that are named. Findings that depend on them are frozen: neither raised nor resolved. Check the API server, the network between, and the rights of the account; where nothing is heard of its watcher, look at that one.",
    for: 0,
    clear: 0,
    kinds: [],
  },
  [LEFT_OUT]: {
    case: LEFT_OUT,
    help: "Cases that read every kind do not see the kinds that are named, because the account may not list and watch them. Grant it the role that `roundsman rbac` prints, or live with it.",
    for: 10_000,
    clear: 0,
    kinds: [],
  },
};

export const isOwn = (instance: string): boolean => Object.hasOwn(OWN, instance);

/** Worked out once per instance: it is asked several times per verdict. */
const known = new WeakMap<Instance, Settings>();

export function settingsOf(id: string, instance: Instance | undefined): Settings | undefined {
  if (instance === undefined) return OWN[id];
  let settings = known.get(instance);
  if (!settings) known.set(instance, (settings = ofInstance(instance)));
  return settings;
}

function ofInstance(instance: Instance): Settings {
  const { manifest, second, owner } = instance;
  return {
    case: instance.case,
    ...(second !== undefined && { second }),
    help: manifest.help,
    ...(owner !== undefined && { owner }),
    for: instance.for,
    clear: instance.clear,
    kinds: kindsOf(manifest),
  };
}

const SAYS = " cannot run: ";

/** The error behind a health problem that was written down. */
export const restoredError = (instance: string, problem: StatedProblem): CheckError => ({
  code: "restored",
  message: problem.message.slice(instance.length + SAYS.length),
});

export const healthProblem = (cluster: string, instance: string, error: CheckError): StatedProblem => ({
  fingerprint: fingerprintOf(cluster, CASE_HEALTH, undefined, instance, undefined),
  severity: "medium",
  message: `${instance}${SAYS}${error.message}`,
  subject: { kind: "Case", name: instance },
  related: [],
});

export const staleProblem = (cluster: string, kinds: readonly string[]): StatedProblem => ({
  fingerprint: fingerprintOf(cluster, STALE_VIEW, undefined, cluster, undefined),
  severity: "high",
  message: `no fresh view of ${kinds.join(", ")}`,
  subject: { kind: "Cluster", name: cluster },
  related: [],
});

/** In the same place as a stale view: one of them is so. */
export const silentProblem = (cluster: string): StatedProblem => ({
  ...staleProblem(cluster, []),
  message: "nothing is heard of its watcher",
});

export const leftOutProblem = (cluster: string, kinds: readonly string[]): StatedProblem => ({
  fingerprint: fingerprintOf(cluster, LEFT_OUT, undefined, cluster, undefined),
  severity: "low",
  message: `not seen, because they may not be listed: ${kinds.join(", ")}`,
  subject: { kind: "Cluster", name: cluster },
  related: [],
});
