import { readFile } from "node:fs/promises";
import { fault } from "../errors.ts";
import { sayFileError } from "./file-error.ts";

/** A file's text. Rejects with `config-unreadable`. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (e) {
    throw fault("config-unreadable", { where: file, what: sayFileError(e) }, e);
  }
}
