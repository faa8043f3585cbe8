import { join } from "node:path";
import { fault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import { Arena } from "./arena.ts";
import type { DiskFile } from "./disk.ts";
import { beginFrame, FRAME_HEADER, KIND, sealFrame } from "./frame.ts";
import type { Journal, Segment } from "./journal.ts";
import { encodeCheckpoint } from "./journal-state.ts";
import type { Lock } from "./lock.ts";
import type { Recovered } from "./recover.ts";
import { replaceFile, UNFINISHED } from "./replace-file.ts";
import { encodeSegmentHeader, indexName, SEGMENT_HEADER, segmentName } from "./segment-header.ts";
import { SegmentIndex } from "./segment-index.ts";
import { housekeeping } from "./warning.ts";

/**
 * Writes to the last segment, and begins another one when it is full or when it cannot be trusted.
 *
 * After a failed sync the kernel may call pages clean that never came to the disk, so that the next sync succeeds for
 * nothing. So nothing is ever synced twice: what the failed write brought is cut off, and writing goes on in a new file
 * whose first offset voids whatever of it may still be found in the old one.
 */
export class SegmentWriter {
  readonly #journal: Journal;
  readonly #lock: Lock;
  readonly #segmentBytes: number;
  #file: DiskFile | undefined;
  /** Where the next write goes: everything before it is on the disk. */
  #position = 0;
  #distrusted = false;
  #lost: RoundsmanError | undefined;
  #wrote = false;

  constructor(journal: Journal, lock: Lock, segmentBytes: number) {
    this.#journal = journal;
    this.#lock = lock;
    this.#segmentBytes = segmentBytes;
  }

  get position(): number {
    return this.#position;
  }

  /**
   * Makes ready to write after what was recovered. What follows the last whole frame is cut off, unless another process
   * might still be writing there.
   */
  async start({ segments, headDamaged, lastWrite, reindexed }: Recovered): Promise<void> {
    const { dir, disk } = this.#journal;
    const { contested } = this.#lock;
    // Two may have taken over from the same dead process. The one that lost must not cut off what the other writes.
    if (!this.#lock.held()) throw fault("log-lock-lost", { dir });
    for (const name of (await disk.list(dir)) ?? []) {
      if (name.endsWith(UNFINISHED)) await disk.remove(join(dir, name));
    }
    const last = segments.at(-1);
    if (last !== undefined) await this.#resume(last, lastWrite, contested);
    if (last === undefined || headDamaged || contested) await this.roll();
    for (const segment of reindexed) await this.#writeIndex(segment);
  }

  /**
   * The last write may have been seen by the kernel alone: its process died before the sync, or the sync failed. So it is
   * written again, for a sync by itself would leave out what the kernel believes to be on the disk.
   */
  async #resume({ path, index }: Segment, lastWrite: number, contested: boolean): Promise<void> {
    const { dir, disk } = this.#journal;
    const file = await disk.open(path, "update");
    try {
      if (!contested && (await file.size()) > index.end) await file.truncate(index.end);
      const unproven = Buffer.alloc(Math.max(0, index.end - lastWrite));
      await file.read(unproven, 0, unproven.length, lastWrite);
      await file.write(unproven, lastWrite);
      await file.sync();
      await disk.syncDirectory(dir);
    } catch (error) {
      await Promise.allSettled([file.close()]);
      throw error;
    }
    this.#file = file;
    this.#position = index.end;
  }

  /** Begins a segment that holds what must be known of those before it. */
  async roll(): Promise<void> {
    const { dir, disk, checksum, state, segments, warn } = this.#journal;
    const arena = new Arena();
    arena.length = encodeSegmentHeader(state.next, checksum).copy(arena.bytes);
    encodeCheckpoint(arena, state, checksum);
    const path = join(dir, segmentName(state.next));
    const bytes = arena.bytes.subarray(0, arena.length);
    // Should it fail half-way, the new file may be there and void what the old one gets from now on: so no way back.
    this.#distrusted = true;
    const file = await replaceFile(disk, path, bytes);
    const before = this.#file;
    this.#file = file;
    this.#position = bytes.length;
    this.#distrusted = false;

    const segment: Segment = { firstOffset: state.next, path, index: new SegmentIndex(bytes.length, state.next) };
    const previous = segments.at(-1);
    // Of the same name = the one before held no record: it has been replaced.
    if (previous?.firstOffset === segment.firstOffset) segments.pop();
    else if (previous !== undefined) await this.#writeIndex(previous);
    segments.push(segment);
    try {
      await before?.close();
    } catch (error) {
      warn(housekeeping(previous?.path ?? dir, "was not closed properly", error));
    }
  }

  /** Not needed for anything but a quick start: a segment without an index is read whole. */
  async #writeIndex({ path, firstOffset, index }: Segment): Promise<void> {
    const { dir, disk, checksum, warn } = this.#journal;
    try {
      await (await replaceFile(disk, join(dir, indexName(firstOffset)), index.encode(checksum))).close();
    } catch (error) {
      warn(housekeeping(path, "has no index and will be read whole at the next start", error));
    }
  }

  /** Makes ready for a write of so many bytes; `position` is settled after it. */
  async prepare(bytes: number): Promise<void> {
    if (this.#lost !== undefined) throw this.#lost;
    const full = this.#position > SEGMENT_HEADER && this.#position + bytes > this.#segmentBytes;
    const holdsRecords = this.#journal.state.next > this.#journal.segments.at(-1)!.firstOffset;
    if (this.#distrusted || (full && holdsRecords)) await this.roll();
  }

  /** Resolves when the bytes are on the disk and the directory was still ours when they got there. Else they never count. */
  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#file!;
    try {
      await file.write(bytes, this.#position);
    } catch (error) {
      await this.#cut(error);
      throw error;
    }
    try {
      // Looked at after the write: whoever takes the lock later than this finds what was written.
      if (!this.#lock.held()) this.#lost = fault("log-lock-lost", { dir: this.#journal.dir });
      else await file.sync();
    } catch (error) {
      this.#distrusted = true;
      await this.#cut(error);
      throw error;
    }
    if (this.#lost !== undefined) throw this.#lost;
    this.#wrote = true;
    this.#position += bytes.length;
  }

  /**
   * Says that the last write came to the disk, so that a later damage in it is not taken for a write that was cut. Where
   * one failed, a new segment voids what may be left of it.
   */
  async close(): Promise<void> {
    const { checksum, state, segments, warn } = this.#journal;
    try {
      if (this.#lost === undefined && this.#distrusted) await this.roll();
      else if (this.#lost === undefined && this.#wrote) {
        const bytes = Buffer.alloc(FRAME_HEADER);
        beginFrame(bytes, 0, KIND.close, 0, 0);
        sealFrame(bytes, 0, bytes.length, { back: 0, offset: state.next, time: state.time }, checksum);
        await this.write(bytes);
      }
      await this.#file?.close();
    } catch (error) {
      warn(housekeeping(segments.at(-1)!.path, "was not closed properly", error));
    }
  }

  /** Takes back a write that failed. Where even that fails, the file is left to a new one. */
  async #cut(cause: unknown): Promise<void> {
    try {
      if (!this.#lock.held()) return;
      await this.#file!.truncate(this.#position);
    } catch (error) {
      this.#distrusted = true;
      const { path } = this.#journal.segments.at(-1)!;
      this.#journal.warn(housekeeping(path, `is left as it is, after "${sayError(cause)}"`, error));
    }
  }
}
