/** The topics, the same on every log driver. */
export interface TopicSpec {
  /** What a record's key holds, in order. The part that partitions is named by `partitionBy` (default: the whole key). */
  readonly key: readonly string[];
  readonly partitionBy?: string;
  /** Days a record is kept; undefined = the last of each key (compacted). */
  readonly days?: number;
  /** Over how many partitions a broker may spread it. Default 1: its records have one order, and whoever reads it counts on that. */
  readonly partitions?: number;
}

export const TOPICS = {
  /** Facts; whatever is posted to us. */
  events: { key: ["subject"], days: 7 },
  /** Checks of inspections that are due: states, the latest wins. */
  checks: { key: ["cluster", "instance", "key"], days: 1, partitions: 12 },
  /** What must be done once each: remedies that are due. */
  due: { key: ["id"], days: 1, partitions: 12 },
  /** Verdicts; the watcher's marks. */
  verdicts: { key: ["cluster", "instance", "key"], partitionBy: "cluster", days: 7, partitions: 12 },
  /** What the ledger holds of each key. */
  ledger: { key: ["cluster", "instance", "key"], partitionBy: "cluster", partitions: 12 },
  /** Findings raised, updated, resolved. */
  findings: { key: ["fingerprint"], partitionBy: "cluster" },
  /** Epoch claims; heartbeats, sizes of scopes, executors' clocks. */
  clusters: { key: ["cluster", "what"] },
  /** What was told to whom. */
  notices: { key: ["subscription", "fingerprint"] },
  /** What came of remedies: granted, denied, waiting, observed, started, succeeded, failed, undone, expired, escalated. */
  remedies: { key: ["cluster", "kind", "namespace", "name"], days: 30 },
  /** The defender's inputs, in one order. Kept since the second-last snapshot, and for ten windows. */
  defender: { key: ["domain"], days: 310 },
  /** The defender's state, now and then, so that a start need not read all inputs. */
  "defender-snapshots": { key: ["domain"], days: 310 },
  /** Each decision with its reasons: the audit. */
  decisions: { key: ["domain"], days: 365 },
  /** Records that were set aside. */
  "dead-letters": { key: ["topic", "partition", "offset"], days: 30 },
  /** Resources, case manifests, and a record "complete". */
  config: { key: ["kind", "name"] },
} as const satisfies Readonly<Record<string, TopicSpec>>;

export type Topic = keyof typeof TOPICS;
