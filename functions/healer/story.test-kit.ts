/** One story in the log: a node hangs, is denied a drain, then granted it, drained and well. */
import type { Log, NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { conditionFingerprint, type NodeCondition } from "#sdk/operation/condition.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import { API_VERSION } from "#sdk/resources/schemas.ts";
import type { Finding } from "#sdk/terms.ts";

export const START = Date.parse("2027-01-01T03:00:00Z");
export const FP = "a1b2c3d4e5f60718";
export const TARGET = { apiVersion: "v1", kind: "Node", name: "gpu-7", uid: "u-7" };
const at = (ms: number) => new Date(START + ms).toISOString();

export const FINDING: Finding = {
  fingerprint: FP,
  case: "node/kernel-deadlock",
  severity: "critical",
  state: "open",
  episode: START,
  cluster: "eu-1",
  subject: { apiVersion: "v1", kind: "Node", name: "gpu-7" },
  related: [],
  message: "the kernel hangs",
  firstSeen: at(0),
  lastSeen: at(0),
  episodes: 1,
  help: "Look at its console.",
};
export const finding = (more: Partial<Finding> = {}): NewRecord =>
  recordOf({
    topic: "findings",
    key: [more.fingerprint ?? FP],
    type: more.state === "resolved" ? TYPES.resolved : TYPES.raised,
    id: `${more.fingerprint ?? FP}/${more.state}`,
    source: "/ledger",
    dataText: JSON.stringify({ ...FINDING, ...more }),
  });

export const REMEDIER: Remedier = {
  apiVersion: API_VERSION,
  kind: "Remedier",
  metadata: { name: "hung-nodes" },
  spec: {
    strategy: "act",
    match: { finding: { case: ["node/kernel-deadlock"] } },
    steps: [{ operation: "drain" }],
  },
};

const about = (attempt: number, fingerprint: string) => ({
  id: `r${attempt}-${fingerprint}`,
  matter: "m0",
  cluster: "eu-1",
  case: "node/kernel-deadlock",
  remedier: "hung-nodes",
  step: 0,
  attempt,
  operation: "drain",
  target: TARGET,
  finding: { fingerprint, episode: START },
});

export const decision = (attempt: number, outcome: Decision["outcome"], more: Partial<Decision> = {}): Decision => ({
  id: `r${attempt}-${FP}`,
  matter: "m0",
  outcome,
  offset: 10 + attempt,
  time: START + attempt * 60_000,
  operation: "drain",
  cluster: "eu-1",
  target: TARGET,
  actor: "remedy",
  reasons: outcome === "granted" ? [] : [{ code: "spent", budget: "nodes" }],
  ...(outcome === "granted" && { grant: { fence: 7, notAfter: START + 65_000 } }),
  ...more,
});
export const decided = (what: Decision): NewRecord =>
  recordOf({
    topic: "decisions",
    key: ["fleet"],
    type: TYPES.decision,
    id: `${what.offset}`,
    source: "/defender",
    dataText: JSON.stringify(what),
  });

/** A word on topic `remedies`, by remedy or healer. */
export function word(what: string, attempt: number, more: object = {}, fingerprint = FP): NewRecord {
  const data = { ...about(attempt, fingerprint), ...more };
  return recordOf({
    topic: "remedies",
    key: [data.cluster, data.target.kind, "", data.target.name],
    type: `dev.roundsman.remedy.${what}.v1`,
    id: `${data.id}/${what}`,
    source: "/remedy",
    dataText: JSON.stringify(data),
  });
}
/** An executor's says nothing of remediers. */
export function report(what: string, attempt: number, more: object = {}, fingerprint = FP): NewRecord {
  const { id, matter, cluster, operation, target, finding } = about(attempt, fingerprint);
  const common = { id, matter, cluster, operation, target, finding, fence: 7, executor: "x-1", at: START };
  return { ...word(what, attempt, {}, fingerprint), value: JSON.stringify({ ...common, ...more }) };
}
export function due(attempt: number, fingerprint = FP): NewRecord {
  const { cluster, case: name, finding: of, ...rest } = about(attempt, fingerprint);
  const ailment = { ...of, cluster, case: name, message: "the kernel hangs", target: TARGET, depends: ["v1/Node"] };
  return recordOf({
    topic: "due",
    key: [rest.id],
    type: TYPES.remedyDue,
    id: rest.id,
    source: "/healer",
    dataText: JSON.stringify({ ...rest, ailment: { ...ailment, since: START }, strategy: "act", due: START }),
  });
}

export const CONDITION_FP = conditionFingerprint("eu-1", "gpu-7", "Ready");
export const condition = (status: string, ms: number, more: Partial<NodeCondition> = {}): NewRecord =>
  recordOf({
    topic: "events",
    key: ["gpu-7"],
    type: TYPES.nodeCondition,
    id: `gpu-7/${status}/${ms}`,
    source: "/clusters/eu-1",
    dataText: JSON.stringify({
      ...{ cluster: "eu-1", node: "gpu-7", uid: "u-7", type: "Ready", status },
      ...{ reason: "KubeletSilent", lastTransitionTime: at(ms), ...more },
    }),
  });

export interface Told {
  readonly log: Log;
  /** Appends, so much later than the start. */
  readonly tell: (ms: number, ...records: NewRecord[]) => Promise<void>;
}

/** The whole of it, as it comes about. */
export async function tellStory({ tell }: Told): Promise<void> {
  await tell(0, finding());
  await tell(100, due(0));
  const no = decision(0, "denied", { retryAt: START + 60_000 });
  await tell(
    200,
    decided(no),
    word("denied", 0, { decision: no, message: "Budget nodes is spent.", until: no.retryAt }),
  );
  await tell(60_000, due(1));
  const yes = decision(1, "granted");
  await tell(60_100, decided(yes), word("granted", 1, { grant: yes.grant, reason: "node/kernel-deadlock: it hangs" }));
  await tell(60_200, report("started", 1));
  await tell(61_000, report("started", 1));
  await tell(90_000, report("succeeded", 1, { message: "12 pods left the node" }));
  await tell(120_000, finding({ state: "resolved", resolvedAt: at(120_000) }));
  await tell(121_000, report("undone", 1, { message: "uncordoned" }));
}
