import type { DueCheck } from "#broker/dispatch/due-set.ts";
import type { NewRecord } from "#broker/log/log.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Pending } from "#sdk/terms.ts";
import { parseKey } from "./verdict-records.ts";

/** Ranges of one record: more of them run together, and what lies between is taken for pending too. */
const MOST = 500;

/**
 * Which checks a dispatcher still has, a record per cluster and epoch on topic `verdicts`: their watcher does not send
 * them again while it is said. `name`: the dispatcher's.
 */
export function pendingRecords(checks: readonly DueCheck[], name: string, now: number): NewRecord[] {
  const by = new Map<string, { cluster: string; epoch: number; seqs: number[] }>();
  for (const { key, id } of checks) {
    const stamp = /\/(\d{1,15})\.(\d{1,15})$/.exec(id);
    if (!stamp) continue;
    const { cluster } = parseKey(key);
    const [epoch, seq] = [Number(stamp[1]), Number(stamp[2])];
    const of = by.get(`${cluster} ${epoch}`) ?? { cluster, epoch, seqs: [] };
    of.seqs.push(seq);
    by.set(`${cluster} ${epoch}`, of);
  }
  return [...by.values()].map(({ cluster, epoch, seqs }) => {
    const data: Pending = { cluster, epoch, by: name, ranges: rangesOf(seqs) };
    return recordOf({
      topic: "verdicts",
      key: [cluster, "pending", name],
      type: TYPES.pending,
      id: `${cluster}/${name}/${epoch}/${now}`,
      source: `/clusters/${cluster}/dispatcher`,
      dataText: JSON.stringify(data),
    });
  });
}

/** The numbers as ranges, both ends within, rising. */
export function rangesOf(seqs: readonly number[], most = MOST): [number, number][] {
  const sorted = [...new Set(seqs)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const seq of sorted) {
    const last = ranges.at(-1);
    if (last && (seq === last[1] + 1 || ranges.length === most)) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}
