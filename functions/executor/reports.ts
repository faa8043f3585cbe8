/** What the executor writes to the log: its reports to `remedies`, its clock to `clusters`. */
import type { NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { remedyRecord } from "#sdk/operation/remedy.ts";
import type { Report } from "./edge.ts";

const sourceOf = (cluster: string) => `/clusters/${encodeURIComponent(cluster)}/executor`;

const TYPE_OF = {
  started: TYPES.remedyStarted,
  succeeded: TYPES.remedySucceeded,
  failed: TYPES.remedyFailed,
  undone: TYPES.remedyUndone,
} as const satisfies Readonly<Record<Report["what"], string>>;

export const reportRecord = ({ what, data }: Report, traceparent?: string): NewRecord =>
  remedyRecord(TYPE_OF[what], sourceOf(data.cluster), data, { traceparent });

export const clockRecord = (cluster: string, executor: string, clock: number): NewRecord =>
  recordOf({
    topic: "clusters",
    key: [cluster, "executor"],
    type: TYPES.executorClock,
    id: `${executor}/${clock}`,
    source: sourceOf(cluster),
    dataText: JSON.stringify({ cluster, clock }),
  });
