import { hashOf } from "../case/identity.ts";

/** The data of `dev.roundsman.node.condition.v1`: one transition of a node's condition, as the watcher saw it. */
export interface NodeCondition {
  readonly cluster: string;
  readonly node: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly zone?: string;
  readonly pool?: string;
  readonly owner?: string;
  readonly remedy?: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  /** The node was deleted: none of its conditions stands any more. */
  readonly gone?: true;
}

/** `Ready` is well when True, every other condition of a node when False. */
export const isWell = ({ type, status }: Pick<NodeCondition, "type" | "status">): boolean =>
  status === (type === "Ready" ? "True" : "False");

/** A condition's stable identity, as a finding's: never a uid, never its status. */
export const conditionFingerprint = (cluster: string, node: string, type: string): string =>
  hashOf([cluster, "condition", node, type], 16);

/** Unix ms of its last transition; 0 where the node does not say. */
export function conditionEpisode({ lastTransitionTime }: Pick<NodeCondition, "lastTransitionTime">): number {
  const at = Date.parse(lastTransitionTime ?? "");
  return Number.isNaN(at) ? 0 : at;
}
