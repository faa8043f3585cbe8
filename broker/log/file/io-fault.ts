import { fault, isFault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import { errnoOf } from "./disk.ts";

const FULL = new Set(["ENOSPC", "EDQUOT"]);
const REFUSED = new Set(["EROFS", "EACCES", "EPERM", "ENOTDIR", "EEXIST", "ENOENT"]);

/** What an operating system's error means to someone who wanted to write to `dir`. */
export const writeFault = (dir: string, error: unknown): RoundsmanError => {
  if (isFault(error)) return error;
  const errno = errnoOf(error);
  const what = sayError(error);
  if (errno !== undefined && FULL.has(errno)) return fault("log-disk-full", { dir }, error);
  if (errno !== undefined && REFUSED.has(errno)) return fault("log-not-writable", { dir, what }, error);
  return fault("log-disk-failing", { dir, what }, error);
};

/** The same, for reading. */
export const readFault = (file: string, error: unknown): RoundsmanError =>
  isFault(error) ? error : fault("log-unreadable", { file, what: sayError(error) }, error);
