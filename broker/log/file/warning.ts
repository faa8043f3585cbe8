import { sayError } from "#sdk/errors.ts";

/** Something that the log came upon and got over. `position` and `bytes` are places in `file`. */
export interface LogWarning {
  readonly kind: /** The last write before a crash was cut; nobody had been told that it was kept. What is left of it is dropped. */
    | "torn-tail"
    /** Bytes of what once was on the disk are damaged. They are stepped over, the records after them are there. */
    | "damage"
    /** Whole records are gone: a file is missing, or was cut. */
    | "missing"
    /** A lock of a process that has ended was taken over. */
    | "stale-lock"
    /** Something that can wait did not work: an index that was not written, a file that was not removed. */
    | "housekeeping";
  readonly file: string;
  readonly position: number;
  readonly bytes: number;
  /** How many records are lost by it, where that can be told. */
  readonly records?: number;
  /** One sentence that says all this. */
  readonly message: string;
}

export type Warn = (warning: LogWarning) => void;

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export const tornTail = (file: string, position: number, bytes: number, repaired: boolean): LogWarning => ({
  kind: "torn-tail",
  file,
  position,
  bytes,
  message: `${file}: the last write was cut by a crash; ${plural(bytes, "byte")} from ${position} on ${
    repaired ? "were dropped" : "are left out"
  }. No append that they belong to had been confirmed.`,
});

export const damage = (file: string, position: number, bytes: number, records: number | undefined): LogWarning => ({
  kind: "damage",
  file,
  position,
  bytes,
  ...(records === undefined ? {} : { records }),
  message: `${file}: ${plural(bytes, "byte")} at ${position} are damaged and were stepped over${
    records === undefined ? "" : `; ${plural(records, "record")} in them cannot be read`
  }. Look at the disk, and restore the file from a copy if you have one.`,
});

export const missing = (file: string, firstOffset: number, records: number): LogWarning => ({
  kind: "missing",
  file,
  position: 0,
  bytes: 0,
  records,
  message: `${file}: ${plural(records, "record")} from offset ${firstOffset} on, before this file, are missing. Restore the files from a copy if you have one.`,
});

export const beheaded = (file: string, size: number): LogWarning => ({
  kind: "missing",
  file,
  position: size,
  bytes: 0,
  message: `${file}: it ends after ${plural(size, "byte")}, before its first frame; what it held is missing. Restore the file from a copy if you have one.`,
});

export const housekeeping = (file: string, what: string, error: unknown): LogWarning => ({
  kind: "housekeeping",
  file,
  position: 0,
  bytes: 0,
  message: `${file} ${what}: ${sayError(error)}`,
});

/** Says each thing once, however often readers come upon it. */
export const once = (warn: Warn): Warn => {
  const said = new Set<string>();
  return (warning) => {
    const id = `${warning.kind} ${warning.position} ${warning.file} ${warning.kind === "housekeeping" ? warning.message : ""}`;
    if (said.has(id)) return;
    said.add(id);
    warn(warning);
  };
};

/** The default where nobody listens: Node's own warning. */
export const emitWarning: Warn = ({ message }) => process.emitWarning(message, "LogWarning");
