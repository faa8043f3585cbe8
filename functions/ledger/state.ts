import type { Instance } from "#sdk/resources/instances.ts";
import type { CheckError, Finding, Key, Stamp, StatedProblem } from "#sdk/terms.ts";

/** A problem as one key states it. */
export interface Statement {
  readonly problem: StatedProblem;
  /** Unix ms: when it was first seen under this key. */
  readonly first: number;
  /** Unix ms: from when on it may be a finding. */
  readonly opens: number;
  /** Offset of the verdict that stated it last: the youngest statement's words count. */
  readonly said: number;
  /** Unix ms: when it was last said. What came after that must be answered before it is raised. */
  readonly told: number;
  /** Of the check that stated it first: W3C trace context. */
  readonly traceparent?: string;
  /** Unix ms: the key does not state it any more, and its finding waits for `clear`. */
  readonly gone?: number;
}

/** What is known of one (cluster, instance, key): a record of topic `ledger`. */
export interface Entry {
  readonly cluster: string;
  readonly instance: string;
  readonly key: Key;
  readonly stamp: Stamp;
  /** Of the verdict (or mark) that it stands for. */
  readonly offset: number;
  /** The last check could not run: nothing is raised or resolved until one does. */
  readonly error?: CheckError;
  readonly statements: readonly Statement[];
  /** Unix ms: when a `for` or a `clear` of it runs out. The watcher marks then. */
  readonly due?: number;
}

/** A finding with what only the ledger needs: the record of topic `findings` is the finding alone. */
export interface Held {
  readonly finding: Finding;
  /** Unix ms of its last event, which throttles evidence. */
  readonly at: number;
}

/** What the latest mark of a cluster told. */
export interface View {
  /** Unix ms: the ledger's clock for the cluster. */
  readonly clock: number;
  readonly epoch: number;
  /** Stamps of the epoch below it are answered: a verdict that carries one is a double. */
  readonly floor: number;
  readonly ages: Readonly<Record<string, number | null>>;
  readonly unanswered: Readonly<Record<string, number>>;
}

/** What the ledger must know of the instances of a cluster; undefined = the cluster is not known. */
export type InstancesOf = (cluster: string) => ReadonlyMap<string, Instance> | undefined;

/** One append: findings, then entries. An `undefined` entry is a tombstone. */
export interface Output {
  readonly findings: {
    readonly type: "raised" | "updated" | "resolved";
    readonly finding: Finding;
    readonly id: string;
  }[];
  readonly entries: Map<string, Entry | undefined>;
}

export const entryId = (cluster: string, instance: string, key: Key): string =>
  JSON.stringify([cluster, instance, key]);
