import type { DiskFile } from "./disk.ts";
import { type Checksum, FRAME_HEADER, type Frame, frameAt, MARKER, probeFrame } from "./frame.ts";

/** A range of a segment that holds no whole frame: bytes `position` to `end`. */
export interface Damage {
  readonly position: number;
  readonly end: number;
  /** How many records are lost in it; left out where nothing around it tells. */
  readonly records?: number;
}

export type Step =
  | { readonly frame: Frame; readonly damage?: undefined }
  | { readonly damage: Damage; readonly frame?: undefined };

export interface ScanOptions {
  /** Where to begin and to end, in bytes. */
  readonly from: number;
  readonly to: number;
  readonly checksum: Checksum;
  /** The least offset of what comes, where it is known. A frame below what came before it is left from another life of the file: damage. */
  readonly minOffset?: number;
  readonly chunkBytes?: number;
}

/** A window over a file, moved forward. */
class Window {
  bytes: Buffer;
  filled = 0;
  /** Position in the file of the window's first byte. */
  base: number;
  readonly #file: DiskFile;
  readonly #end: number;

  constructor(file: DiskFile, base: number, end: number, size: number) {
    this.#file = file;
    this.base = base;
    this.#end = end;
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Moves to `position` with at least `need` bytes in hand, or as many as there are. */
  async move(position: number, need: number): Promise<void> {
    const kept = Math.max(0, this.base + this.filled - position);
    const target = need > this.bytes.length ? Buffer.allocUnsafe(need + 64 * 1024) : this.bytes;
    this.bytes.copy(target, 0, this.filled - kept, this.filled);
    this.bytes = target;
    this.base = position;
    const wanted = Math.min(target.length - kept, this.#end - position - kept);
    this.filled = kept + (await this.#file.read(target, kept, wanted, position + kept));
  }
}

/**
 * The frames of a range, in order, in groups; each group is good until the next is asked for. What is damaged is stepped
 * over: the next frame is looked for by its marker and believed by its CRC, so that one bad byte costs one frame.
 */
export async function* scanFrames(file: DiskFile, options: ScanOptions): AsyncGenerator<readonly Step[]> {
  const { from, to, checksum, chunkBytes = 512 * 1024 } = options;
  const end = Math.min(to, Math.max(from, await file.size()));
  const window = new Window(file, from, end, Math.max(FRAME_HEADER, Math.min(chunkBytes, end - from)));
  let next = options.minOffset;
  let steps: Step[] = [];
  let position = from;
  let damagedFrom: number | undefined;

  while (position < end) {
    const at = position - window.base;
    const probe = probeFrame(window.bytes, at, window.filled, end - position, checksum);
    if (probe !== undefined && "more" in probe) {
      if (steps.length > 0) yield steps;
      steps = [];
      await window.move(position, probe.more);
      if (window.filled < probe.more) break;
      continue;
    }
    const frame = probe === undefined ? undefined : frameAt(window.bytes, at, probe.whole, position);
    if (frame !== undefined && frame.offset >= (next ?? 0)) {
      if (damagedFrom !== undefined) {
        const lost = next === undefined ? {} : { records: frame.offset - next };
        steps.push({ damage: { position: damagedFrom, end: position, ...lost } });
      }
      damagedFrom = undefined;
      next = frame.offset + frame.records;
      steps.push({ frame });
      position += frame.length;
      continue;
    }
    damagedFrom ??= position;
    const marker = window.bytes.subarray(0, window.filled).indexOf(MARKER, at + 1);
    position =
      marker >= 0 ? window.base + marker : Math.max(position + 1, window.base + window.filled - MARKER.length + 1);
  }
  if (end < to) damagedFrom ??= end;
  // A file that grew shorter while it was read ends the loop early: what is missing is damage too.
  if (damagedFrom === undefined && position < end) damagedFrom = position;
  if (damagedFrom !== undefined) steps.push({ damage: { position: damagedFrom, end: to } });
  if (steps.length > 0) yield steps;
}
