import { join } from "node:path";
import { fault } from "#sdk/errors.ts";
import type { Disk, DiskFile } from "./disk.ts";
import type { Checksum } from "./frame.ts";
import type { Segment } from "./journal.ts";
import { emptyState, type JournalState } from "./journal-state.ts";
import { type Replay, replaySegment } from "./replay.ts";
import type { Damage } from "./scan.ts";
import {
  decodeSegmentHeader,
  FORMAT_VERSION,
  firstOffsetOf,
  indexName,
  SEGMENT_HEADER,
  segmentName,
} from "./segment-header.ts";
import { SegmentIndex } from "./segment-index.ts";
import { beheaded, damage, missing, tornTail, type Warn } from "./warning.ts";

export interface RecoverOptions {
  readonly dir: string;
  readonly disk: Disk;
  readonly checksum: Checksum;
  readonly warn: Warn;
  readonly readOnly: boolean;
}

export interface Recovered {
  /** In order. The last one may be written on. Empty when there was no log. */
  readonly segments: Segment[];
  readonly state: JournalState;
  /** The last segment's head is damaged: begin another one. */
  readonly headDamaged: boolean;
  /** Where its last write began: nothing proves that this one came to the disk. */
  readonly lastWrite: number;
  /** Closed segments whose index was missing or wrong, and had to be made from the segment. */
  readonly reindexed: readonly Segment[];
}

interface Found {
  readonly firstOffset: number;
  readonly path: string;
  readonly size: number;
  readonly headerGood: boolean;
  readonly generation: number;
}

const withFile = async <T>(disk: Disk, path: string, use: (file: DiskFile) => Promise<T>): Promise<T> => {
  const file = await disk.open(path, "read");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
};

const find = ({ dir, disk, checksum }: RecoverOptions, firstOffset: number): Promise<Found> => {
  const path = join(dir, segmentName(firstOffset));
  return withFile(disk, path, async (file) => {
    const bytes = Buffer.alloc(SEGMENT_HEADER);
    const read = await file.read(bytes, 0, SEGMENT_HEADER, 0);
    const header = decodeSegmentHeader(bytes.subarray(0, read), checksum);
    if (header !== undefined && header.version > FORMAT_VERSION) {
      throw fault("log-version-newer", { file: path, found: header.version, known: FORMAT_VERSION });
    }
    const { generation = 0 } = header ?? {};
    return { firstOffset, path, size: await file.size(), headerGood: header !== undefined, generation };
  });
};

const findAll = async (options: RecoverOptions): Promise<Found[]> => {
  const names = (await options.disk.list(options.dir)) ?? [];
  const offsets = names.map(firstOffsetOf).filter((offset) => offset !== undefined);
  offsets.sort((a, b) => a - b);
  const found: Found[] = [];
  for (const offset of offsets) found.push(await find(options, offset));
  return found;
};

/**
 * Reads what a start needs: the index of each closed segment (made anew where it is missing), and the last segment whole.
 * Changes no file. What is damaged is said: here for the last segment and for one that has to be indexed again, else by
 * the reader that comes upon it.
 */
export const recover = async (options: RecoverOptions): Promise<Recovered> => {
  const { dir, disk, checksum, warn, readOnly } = options;
  const found = await findAll(options);
  const segments: Segment[] = [];
  const reindexed: Segment[] = [];

  const replay = (at: number, size: number): Promise<Replay> => {
    const segment = found[at]!;
    const limit = found[at + 1]?.firstOffset;
    const before = async () => (at === 0 ? emptyState() : (await replay(at - 1, found[at - 1]!.size)).state);
    const replayOptions = { ...segment, size, checksum, before, ...(limit === undefined ? {} : { limit }) };
    return withFile(disk, segment.path, (file) => replaySegment(file, replayOptions));
  };

  const report = ({ path }: Found, damages: readonly Damage[]): void => {
    for (const { position, end, records } of damages) warn(damage(path, position, end - position, records));
  };

  const reindex = async (at: number, next: number): Promise<SegmentIndex> => {
    const { index, damages } = await replay(at, found[at]!.size);
    const lost = next - index.next;
    const last = damages.at(-1);
    if (last !== undefined && last.records === undefined)
      report(found[at]!, [...damages.slice(0, -1), { ...last, records: lost }]);
    else {
      report(found[at]!, damages);
      if (lost > 0) warn(missing(found[at + 1]!.path, index.next, lost));
    }
    index.next = next;
    return index;
  };

  for (const [at, { firstOffset, path, size, headerGood, generation }] of found.slice(0, -1).entries()) {
    const next = found[at + 1]!.firstOffset;
    const stored = await disk.readWhole(join(dir, indexName(firstOffset)));
    const index = stored && SegmentIndex.decode(stored, checksum);
    const isOfIt = !headerGood || index?.generation === generation;
    const good = index?.next === next && isOfIt ? index : undefined;
    if (good !== undefined && size < good.end) warn(damage(path, size, good.end - size, undefined));
    const segment = { firstOffset, path, index: good ?? (await reindex(at, next)) };
    segments.push(segment);
    if (good === undefined) reindexed.push(segment);
  }

  const last = found.at(-1);
  if (last === undefined) return { segments, state: emptyState(), headDamaged: false, lastWrite: 0, reindexed };
  let replayed = await replay(found.length - 1, last.size);
  const torn = replayed.damages.find(({ position }) => position >= replayed.lastWrite);
  if (torn !== undefined) {
    warn(tornTail(last.path, torn.position, last.size - torn.position, !readOnly));
    replayed = await replay(found.length - 1, torn.position);
  }
  report(last, replayed.damages);
  if (replayed.headDamaged && torn === undefined && replayed.damages.length === 0) warn(beheaded(last.path, last.size));
  segments.push({ firstOffset: last.firstOffset, path: last.path, index: replayed.index });
  const { state, headDamaged, lastWrite } = replayed;
  return { segments, state, headDamaged, lastWrite, reindexed };
};
