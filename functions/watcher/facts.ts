import type { NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** `Ready` is well when True, every other condition of a node when False. */
const isWell = ({ type, status }: Condition): boolean => status === (type === "Ready" ? "True" : "False");

/**
 * Facts from nodes: an event for each transition of a condition. Ids are of the transition, so one that is told again
 * (after a start: what is not well, and what changed since `since`) is a double and no news.
 */
export class NodeFacts {
  readonly #cluster: string;
  readonly #since: number;
  readonly #known = new Map<string, string>();

  /** @param since unix ms: transitions before it were told by an earlier watcher */
  constructor(cluster: string, since: number) {
    this.#cluster = cluster;
    this.#since = since;
  }

  node(node: any): NewRecord[] {
    const { name, labels, uid } = node.metadata;
    const conditions: readonly Condition[] = node.status?.conditions ?? [];
    return conditions.flatMap((condition) => {
      const id = `${name}/${condition.type}`;
      const stamp = `${condition.status}/${condition.lastTransitionTime ?? ""}`;
      const before = this.#known.get(id);
      this.#known.set(id, stamp);
      if (before === stamp) return [];
      const isNew =
        before !== undefined || !isWell(condition) || Date.parse(condition.lastTransitionTime ?? "") >= this.#since;
      if (!isNew) return [];
      const { type, status, reason, message, lastTransitionTime } = condition;
      const data = {
        cluster: this.#cluster,
        node: name,
        uid,
        labels,
        type,
        status,
        reason,
        message,
        lastTransitionTime,
      };
      const subject = `Node//${name}`;
      return [
        recordOf({
          topic: "events",
          key: [this.#cluster, subject],
          type: TYPES.nodeCondition,
          id: `${id}/${stamp}`,
          source: `/clusters/${this.#cluster}/watcher`,
          subject,
          dataText: JSON.stringify(data),
        }),
      ];
    });
  }

  gone(node: any): void {
    const prefix = `${node.metadata.name}/`;
    for (const id of this.#known.keys()) if (id.startsWith(prefix)) this.#known.delete(id);
  }
}
