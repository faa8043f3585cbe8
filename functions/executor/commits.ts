/** Commits of records that are worked on side by side: no offset is passed before all below it are settled. */
import type { LogRecord, Subscription } from "#broker/log/log.ts";

export class Commits {
  /** Per partition, in the order of the log. */
  readonly #open = new Map<number, { readonly offset: number; settled: boolean }[]>();

  /** Answers what to call when the record is settled. */
  begin({ partition, offset }: Pick<LogRecord, "partition" | "offset">, to: Pick<Subscription, "commit">): () => void {
    const open = this.#open.get(partition) ?? [];
    this.#open.set(partition, open);
    const entry = { offset, settled: false };
    open.push(entry);
    return () => {
      entry.settled = true;
      let last: number | undefined;
      while (open[0]?.settled) last = open.shift()!.offset;
      // A commit that is lost only repeats.
      if (last !== undefined) to.commit(partition, last + 1).catch(() => undefined);
    };
  }
}
