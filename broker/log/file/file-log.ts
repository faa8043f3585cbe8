/**
 * A Log in plain files: one journal for all topics, in segments.
 *
 *   dir/lock                        the process that writes: {pid, started, boot?, pids?}
 *   dir/000000000000000.segment     named by the offset it begins with; only the last one is written to
 *   dir/000000000000000.index       written when the segment is closed: per topic first and last offset, count and bytes,
 *                                   and the place of a frame every 128 KiB. CRC'd; made anew when missing
 *
 * A segment is a header (segment-header.ts: magic, version, CRC) and frames (frame.ts). Its first frame is a checkpoint of
 * what came before (each topic's end, groups' offsets), so that older segments can be deleted and one can be rewritten.
 * That happens to closed ones when topics are trimmed (tidy.ts); one that was written anew says so in its header.
 * One append is one frame: header, names of its topics, records (record-codec.ts). CRC-32 over all of it.
 *
 * Offsets are one sequence for the whole journal: they rise per topic, with gaps. There is one partition, 0. What groups
 * commit are records of an internal topic. Times are the clock's at the write, and never below the last one written.
 *
 * Writing: what is appended while a write is on its way goes with the next one, with one fdatasync. An append resolves,
 * and subscribers get its records, when they are on the disk. Where that fails, all that waits is refused and taken back;
 * only a crash before the next write can bring back what was refused.
 *
 * Starting: each closed segment's index is read, the last segment is read whole. What a crash left of the last write is cut
 * off. Damage in what had once been on the disk (a later write proves it, or an orderly close) is stepped over instead, and
 * the records after it are kept. Both are said by `warn`. In a write that nothing proves, damage counts as a cut: what
 * follows it there goes too, so that of appends that were on their way together a later one never survives an earlier.
 */
import { crc32 } from "node:zlib";
import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Log, NewRecord, Position } from "../log.ts";
import { checkOffset, groupKey } from "../positions.ts";
import { Committer } from "./committer.ts";
import { type Commits, Delivery } from "./delivery.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import type { Checksum } from "./frame.ts";
import { readFault, writeFault } from "./io-fault.ts";
import type { Journal } from "./journal.ts";
import { isInternal } from "./journal-state.ts";
import { type Lock, takeLock } from "./lock.ts";
import { type Processes, systemProcesses } from "./process-identity.ts";
import { recover } from "./recover.ts";
import type { TopicRange } from "./segment-index.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { Tidy } from "./tidy.ts";
import { emitWarning, once, type Warn } from "./warning.ts";

export interface FileLogOptions {
  /** Made when it does not exist. */
  readonly dir: string;
  readonly clock: Pick<Clock, "now">;
  /** About how large a segment grows. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Takes no lock and changes nothing: what the files of a stopped or running log hold at this moment. Default false. */
  readonly readOnly?: boolean;
  /** Hears what is damaged or was dropped. Default: a warning of the process. */
  readonly warn?: Warn;
  /** How much of the latest records stays in memory for subscribers, in bytes. Default 4 MiB. */
  readonly tailBytes?: number;
  /** How long an offset waits for an append to share a write with, in ms. Default 5. */
  readonly commitDelay?: number;
}

/** What the driver stands on; tests put others in their place. */
export interface FileLogParts {
  readonly disk: Disk;
  readonly checksum: Checksum;
  readonly processes: Processes;
}

export interface TopicSummary {
  readonly topic: string;
  /** How many records it holds. */
  readonly records: number;
  readonly end: number;
}

export interface FileLog extends Log {
  /** There was no log in the directory before. */
  readonly created: boolean;
  /** The topics that hold something, by name. */
  topics(): readonly TopicSummary[];
  /** What a group has committed for a topic; `undefined` when it has not. */
  committed(group: string, topic: string): number | undefined;
}

/** Exact, but in a segment in which the topic begins: there by the offsets, as if other topics lay evenly between. */
const left = ({ first, last, records }: TopicRange, start: number): number =>
  start <= first ? records : Math.ceil((records * Math.max(0, last - start + 1)) / (last - first + 1));

const summarize = ({ segments, state }: Journal): readonly TopicSummary[] => {
  const counts = new Map<string, number>();
  for (const { index } of segments) {
    for (const [topic, range] of index.topics) {
      const records = left(range, state.starts.get(topic) ?? 0);
      if (records > 0 && !isInternal(topic)) counts.set(topic, (counts.get(topic) ?? 0) + records);
    }
  }
  return [...counts]
    .map(([topic, records]) => ({ topic, records, end: state.ends.get(topic) ?? 0 }))
    .sort((a, b) => (a.topic < b.topic ? -1 : 1));
};

const DEFAULTS = { segmentBytes: 64 * 1024 * 1024, tailBytes: 4 * 1024 * 1024, commitDelay: 5 };

/** What differs between a log that is written and one that is only read. */
interface Appender extends Commits {
  append(records: readonly NewRecord[]): Promise<readonly Position[]>;
  trim(topic: string, before: number): Promise<void>;
  close(): Promise<void>;
}

const assemble = (journal: Journal, delivery: Delivery, appender: Appender, created: boolean): FileLog => {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await delivery.endSubscriptions();
    await appender.close();
    delivery.close();
  };
  return {
    created,
    append: (records) => appender.append(records),
    read: (topic, { from = 0 } = {}) => delivery.read(topic, from),
    subscribe: (options, handler) => delivery.subscribe(options, handler, appender),
    end: async (topic) => delivery.end(topic),
    async trim(topic, before) {
      checkOffset(topic, before);
      await appender.trim(topic, Math.min(before, delivery.end(topic)));
    },
    topics: () => summarize(journal),
    committed: (group, topic) => journal.state.groups.get(groupKey(group, topic, 0)),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};

const openReader = async (options: Required<FileLogOptions>, parts: FileLogParts): Promise<FileLog> => {
  const { dir, warn } = options;
  try {
    const readOnly = true;
    const { segments, state } = await recover({ dir, ...parts, warn, readOnly });
    if (segments.length === 0) throw fault("log-not-found", { dir });
    const journal: Journal = { dir, ...parts, warn, readOnly, segments, state };
    const refuse = async () => {
      throw fault("log-read-only", { dir });
    };
    const nothing = { flush: () => undefined, close: async () => undefined };
    const appender = { append: refuse, commit: refuse, trim: refuse, ...nothing };
    return assemble(journal, new Delivery(journal, options.tailBytes), appender, false);
  } catch (error) {
    throw readFault(dir, error);
  }
};

const openJournal = async (options: Required<FileLogOptions>, parts: FileLogParts, lock: Lock): Promise<FileLog> => {
  const { dir, clock, warn, segmentBytes, commitDelay } = options;
  const readOnly = false;
  const recovered = await recover({ dir, ...parts, warn, readOnly }).catch((error) => {
    throw readFault(dir, error);
  });
  const { segments, state } = recovered;
  const journal: Journal = { dir, ...parts, warn, readOnly, segments, state };
  const created = segments.length === 0;
  const writer = new SegmentWriter(journal, lock, segmentBytes);
  await writer.start(recovered);
  const delivery = new Delivery(journal, options.tailBytes);
  const committer = new Committer({
    journal,
    writer,
    clock,
    commitDelay,
    published: (record) => delivery.push(record),
    settled: (topics) => delivery.wake(topics),
  });
  const tidy = new Tidy(journal, lock);
  const appender: Appender = {
    append: async (records) => committer.append(records),
    commit: async (key, offset) => committer.commit(key, offset),
    async trim(topic, before) {
      if (before <= (state.starts.get(topic) ?? 0)) return;
      await committer.trim(topic, before);
      await tidy.run();
    },
    flush: () => committer.flush(),
    async close() {
      await committer.close();
      await tidy.close();
      await writer.close();
      await lock.release().catch((error) => {
        throw writeFault(dir, error);
      });
    },
  };
  return assemble(journal, delivery, appender, created);
};

const openWriter = async (options: Required<FileLogOptions>, parts: FileLogParts): Promise<FileLog> => {
  const { dir, warn } = options;
  const { disk, processes } = parts;
  let lock: Lock | undefined;
  try {
    await disk.makeDirectory(dir);
    lock = await takeLock(disk, dir, processes, warn);
    return await openJournal(options, parts, lock);
  } catch (error) {
    // The first failure is what must be heard.
    await Promise.allSettled([lock?.release()]);
    throw writeFault(dir, error);
  }
};

/**
 * Opens the log in a directory. One writer at a time; any number of readers (`readOnly`).
 * Throws `log-locked`, `log-version-newer`, `log-disk-full`, `log-not-writable`, `log-disk-failing`, `log-unreadable`,
 * and with `readOnly` `log-not-found`. An append rejects with the same, with `log-lock-lost` and with what `admit` throws.
 */
export const openFileLog = (options: FileLogOptions, parts: Partial<FileLogParts> = {}): Promise<FileLog> => {
  const warn = once(options.warn ?? emitWarning);
  const full = { ...DEFAULTS, readOnly: false, ...options, warn };
  const whole = { disk: nodeDisk, checksum: crc32, processes: systemProcesses, ...parts };
  return full.readOnly ? openReader(full, whole) : openWriter(full, whole);
};
