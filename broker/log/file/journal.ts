import type { Disk } from "./disk.ts";
import type { Checksum } from "./frame.ts";
import type { JournalState } from "./journal-state.ts";
import type { SegmentIndex } from "./segment-index.ts";
import type { Warn } from "./warning.ts";

export interface Segment {
  readonly firstOffset: number;
  readonly path: string;
  readonly index: SegmentIndex;
}

/** What reading and writing share: where the files are, what they hold, and how to say what is wrong with them. */
export interface Journal {
  readonly dir: string;
  readonly disk: Disk;
  readonly checksum: Checksum;
  readonly warn: Warn;
  /** Another process may be writing. */
  readonly readOnly: boolean;
  /** In order; the last one is being written. Only what is on the disk for certain is in here. */
  readonly segments: Segment[];
  readonly state: JournalState;
}
