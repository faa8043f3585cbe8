import { sayError } from "../errors.ts";

const SAID: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder",
  ENOTDIR: "it is no folder, or a part of its path is none",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GB",
  ERR_STRING_TOO_LONG: "it is larger than 512 MB",
};

/** What the file system says, in words. */
export const sayFileError = (e: unknown): string => SAID[(e as NodeJS.ErrnoException).code ?? ""] ?? sayError(e);
