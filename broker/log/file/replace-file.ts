import { dirname } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";

/** What a file is called until it is whole. One that is found at a start is left from a crash, and removed. */
export const UNFINISHED = ".new";

/**
 * Puts a whole file in the place of `path`, or leaves things as they were: nobody ever finds half of it. Durable when
 * resolved, the name included. The open file is the caller's.
 */
export const replaceFile = async (disk: Disk, path: string, bytes: Uint8Array): Promise<DiskFile> => {
  const unfinished = path + UNFINISHED;
  const file = await disk.open(unfinished, "create");
  try {
    await file.write(bytes, 0);
    await file.sync();
    await disk.rename(unfinished, path);
    await disk.syncDirectory(dirname(path));
    return file;
  } catch (error) {
    // The first failure is what the caller must hear; what stays of the file is written over the next time.
    await Promise.allSettled([file.close(), disk.remove(unfinished)]);
    throw error;
  }
};
