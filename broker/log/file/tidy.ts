import { join } from "node:path";
import type { DiskFile } from "./disk.ts";
import type { Journal, Segment } from "./journal.ts";
import type { Lock } from "./lock.ts";
import { replaceFile } from "./replace-file.ts";
import { bytesOf, checkpointOf, rewriteSegment } from "./rewrite.ts";
import { indexName } from "./segment-header.ts";
import { housekeeping } from "./warning.ts";

/** A segment is written anew where so much of it would be gone: so each byte is copied about once more, at most. */
const WORTH = 0.5;

/**
 * Gives back the room of what was trimmed, in closed segments, oldest first. Where nothing in one is needed it is dropped:
 * the first as it is; of another the one before tells, by a checkpoint at its end, that nothing is missing there. Where
 * half of it or less is needed, it is written anew with that.
 *
 * Each step leaves a journal that is whole. A file is replaced as one, or taken away when what others say no longer needs
 * it; and always the older first, each one for good before the next. Who is reading goes on: the open file stays, a file
 * that is gone held nothing of use, and one of another generation is read without the index.
 */
export class Tidy {
  readonly #journal: Journal;
  readonly #lock: Lock;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(journal: Journal, lock: Lock) {
    this.#journal = journal;
    this.#lock = lock;
  }

  /** Resolves when it is done with all that was trimmed by now. Never rejects: what does not work is said, and done another time. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#all().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends what is under way, at the next step. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  get #isOver(): boolean {
    return this.#closed || !this.#lock.held();
  }

  async #all(): Promise<void> {
    while (this.#again && !this.#isOver) {
      this.#again = false;
      for (const segment of this.#journal.segments.slice(0, -1)) {
        if (this.#isOver) return;
        try {
          await this.#one(segment);
        } catch (error) {
          this.#journal.warn(housekeeping(segment.path, "keeps what is not needed any more, for now", error));
        }
      }
    }
  }

  async #one(segment: Segment): Promise<void> {
    const { segments, state } = this.#journal;
    const { needed, needless } = bytesOf(segment, state.starts);
    const at = segments.indexOf(segment);
    const before = segments[at - 1];
    if (needed === 0 && before === undefined) return this.#drop(segment);
    if (needed > 0 && needless < segment.index.end * WORTH) return;
    const after = await this.#reading(segments[at + 1]!, (file) => checkpointOf(file, this.#journal.checksum));
    if (after === undefined) return;
    if (needed > 0) return this.#rewrite(segment, after);
    await this.#extend(before!, after, segment.index.next);
    await this.#drop(segment);
  }

  async #reading<T>({ path }: Segment, use: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = await this.#journal.disk.open(path, "read");
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /** Its index first: one without a segment would stay for ever. */
  async #drop(segment: Segment): Promise<void> {
    const { dir, disk, segments } = this.#journal;
    if (this.#isOver) return;
    segments.splice(segments.indexOf(segment), 1);
    await disk.remove(join(dir, indexName(segment.firstOffset)));
    await disk.remove(segment.path);
    await disk.syncDirectory(dir);
  }

  async #rewrite(segment: Segment, after: Uint8Array): Promise<void> {
    const { disk, segments, state, checksum } = this.#journal;
    const { firstOffset, path } = segment;
    const starts = new Map(state.starts);
    const rewritten = await this.#reading(segment, (file) =>
      rewriteSegment(file, segment, { starts, after, checksum }),
    );
    if (rewritten === undefined || this.#isOver) return;
    await (await replaceFile(disk, path, rewritten.bytes)).close();
    const anew: Segment = { firstOffset, path, index: rewritten.index };
    segments[segments.indexOf(segment)] = anew;
    await this.#writeIndex(anew);
  }

  /** What lies behind the end was given up once: it must not come back when the segment that said so is gone. */
  async #extend(segment: Segment, after: Uint8Array, next: number): Promise<void> {
    const { disk } = this.#journal;
    const { index } = segment;
    if (this.#isOver) return;
    const file = await disk.open(segment.path, "update");
    try {
      await file.truncate(index.end);
      await file.write(after, index.end);
      await file.sync();
    } finally {
      await file.close();
    }
    index.end += after.length;
    index.next = next;
    await this.#writeIndex(segment);
  }

  async #writeIndex({ firstOffset, index }: Segment): Promise<void> {
    const { dir, disk, checksum } = this.#journal;
    await (await replaceFile(disk, join(dir, indexName(firstOffset)), index.encode(checksum))).close();
  }
}
