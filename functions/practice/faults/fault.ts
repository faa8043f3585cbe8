import type { Obj } from "../client.ts";
import { timestamp } from "../clock.ts";
import type { Cluster } from "../cluster/cluster.ts";

/** A finding that a fault brings about. */
export interface ExpectedFinding {
  readonly kind: string;
  readonly namespace?: string;
  /** `*` at the end stands for what the cluster makes up. */
  readonly name: string;
}

/** Something that goes wrong in the practice cluster, and right again. */
export interface Fault {
  readonly name: string;
  /** The case that finds it. */
  readonly expects: string;
  /** The findings of that case, each with its subject. */
  readonly findings: readonly ExpectedFinding[];
  /** What other cases rightly find of it. */
  readonly also?: readonly { readonly case: string; readonly findings: readonly ExpectedFinding[] }[];
  /** ms from the making until the cluster shows it; default 0. */
  readonly ripens?: number;
  make(cluster: Cluster): void;
  /** Undoes it, whatever became of it meanwhile. */
  mend(cluster: Cluster): void;
}

type NodeCondition = NonNullable<NonNullable<Obj<"v1/Node">["status"]>["conditions"]>[number];

/** Sets a condition of a node, and the taint that comes with it. */
export function setNodeCondition(
  { client, clock }: Cluster,
  name: string,
  condition: Pick<NodeCondition, "type" | "status"> & { readonly reason: string; readonly message: string },
  taint?: { readonly key: string; readonly on: boolean },
): void {
  client.edit("v1/Node", { name }, (draft) => {
    const now = timestamp(clock.now());
    const others = (draft.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
    draft.status = {
      ...draft.status,
      conditions: [...others, { ...condition, lastHeartbeatTime: now, lastTransitionTime: now }],
    };
    if (!taint) return;
    const taints = (draft.spec?.taints ?? []).filter(({ key }) => key !== taint.key);
    draft.spec = {
      ...draft.spec,
      taints: taint.on ? [...taints, { key: taint.key, effect: "NoSchedule", timeAdded: now }] : taints,
    };
    if (draft.spec.taints?.length === 0) delete draft.spec.taints;
  });
}
