/** What the executor writes to the log: its reports to `remedies`, its clock to `clusters`. */
import type { NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import type { Report } from "./edge.ts";

const sourceOf = (cluster: string) => `/clusters/${encodeURIComponent(cluster)}/executor`;

const TYPE_OF = {
  started: TYPES.remedyStarted,
  succeeded: TYPES.remedySucceeded,
  failed: TYPES.remedyFailed,
  undone: TYPES.remedyUndone,
} as const satisfies Readonly<Record<Report["what"], string>>;

/** All of one target in one order. */
export const targetKey = ({ cluster, target }: Pick<Granted, "cluster" | "target">): readonly string[] => [
  cluster,
  target.kind,
  target.namespace ?? "",
  target.name,
];

export const reportRecord = ({ what, data }: Report): NewRecord =>
  recordOf({
    topic: "remedies",
    key: targetKey(data),
    type: TYPE_OF[what],
    // Told twice it is the same word.
    id: `${data.id}/${what}`,
    source: sourceOf(data.cluster),
    subject: [data.target.kind, data.target.namespace ?? "", data.target.name].join("/"),
    dataText: JSON.stringify(data),
  });

export const clockRecord = (cluster: string, executor: string, clock: number): NewRecord =>
  recordOf({
    topic: "clusters",
    key: [cluster, "executor"],
    type: TYPES.executorClock,
    id: `${executor}/${clock}`,
    source: sourceOf(cluster),
    dataText: JSON.stringify({ cluster, clock }),
  });
