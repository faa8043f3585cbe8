import type { NewRecord } from "#broker/log/log.ts";
import { placeOfNode, wordsIn } from "#broker/table/scopes.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { isWell, type NodeCondition } from "#sdk/operation/condition.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/**
 * Facts from nodes: an event for each transition of a condition. Ids are of the transition, so one that is told again
 * (after a start: what is not well, and what changed since `since`) is a double and no news.
 */
export class NodeFacts {
  readonly #cluster: string;
  readonly #since: number;
  readonly #known = new Map<string, { readonly stamp: string; readonly uid: string }>();

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
      const before = this.#known.get(id)?.stamp;
      this.#known.set(id, { stamp, uid });
      if (before === stamp) return [];
      const isNew =
        before !== undefined || !isWell(condition) || Date.parse(condition.lastTransitionTime ?? "") >= this.#since;
      if (!isNew) return [];
      const { type, status, reason, message, lastTransitionTime } = condition;
      return [
        this.#fact(`${id}/${stamp}`, {
          cluster: this.#cluster,
          node: name,
          uid,
          labels,
          ...placeOfNode(node),
          ...wordsIn(node),
          type,
          status,
          ...(reason !== undefined && { reason }),
          ...(message !== undefined && { message }),
          ...(lastTransitionTime !== undefined && { lastTransitionTime }),
        }),
      ];
    });
  }

  /** What was not well of a node that is deleted stands no more. */
  gone(name: string): NewRecord[] {
    const prefix = `${name}/`;
    const facts: NewRecord[] = [];
    for (const [id, { stamp, uid }] of this.#known) {
      if (!id.startsWith(prefix)) continue;
      this.#known.delete(id);
      const [type, status] = [id.slice(prefix.length), stamp.slice(0, stamp.indexOf("/"))];
      const data = { cluster: this.#cluster, node: name, uid, type, status, gone: true } as const;
      if (!isWell(data)) facts.push(this.#fact(`${id}/gone/${uid}`, data));
    }
    return facts;
  }

  /** After a list of all nodes: those that are not in it are gone. */
  retain(names: ReadonlySet<string>): NewRecord[] {
    const known = new Set([...this.#known.keys()].map((id) => id.slice(0, id.indexOf("/"))));
    return [...known].filter((name) => !names.has(name)).flatMap((name) => this.gone(name));
  }

  #fact(id: string, data: NodeCondition): NewRecord {
    const subject = `Node//${data.node}`;
    return recordOf({
      topic: "events",
      key: [this.#cluster, subject],
      type: TYPES.nodeCondition,
      id,
      source: `/clusters/${this.#cluster}/watcher`,
      subject,
      dataText: JSON.stringify(data),
    });
  }
}
