import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { fault } from "#sdk/errors.ts";
import { createResourceReader } from "#sdk/resources/read.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";

const IS_CONFIG = /\.(?:ya?ml|json)$/;

async function filesIn(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && IS_CONFIG.test(entry.name))
      .map((entry) => join(path, entry.name))
      .sort();
  } catch (e) {
    throw fault("config-unreadable", { where: path, what: sayFileError(e) }, e);
  }
}

/** Documents of a YAML or JSON file, each with its place. @throws config-invalid: names file and line */
export function readDocuments(text: string, file: string): { value: unknown; where: string }[] {
  return parseAllDocuments(text).flatMap((document, i) => {
    const [error] = document.errors;
    if (error) {
      const line = error.linePos?.[0].line;
      throw fault("config-invalid", {
        where: line === undefined ? file : `${file}:${line}`,
        key: "the YAML",
        what: `cannot be read: ${error.message.split("\n")[0]}`,
      });
    }
    const value: unknown = document.toJS();
    return value === null || value === undefined
      ? []
      : [{ value, where: i === 0 ? file : `${file} (document ${i + 1})` }];
  });
}

/**
 * Reads resources from a folder's YAML and JSON files, or from one file.
 * @throws config-unreadable, config-invalid: names the file, the field and what is wrong
 */
export async function readConfigFiles(path: string): Promise<Resource[]> {
  const read = createResourceReader();
  const seen = new Map<string, string>();
  const resources: Resource[] = [];
  for (const file of await filesIn(path)) {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (e) {
      throw fault("config-unreadable", { where: file, what: sayFileError(e) }, e);
    }
    for (const { value, where } of readDocuments(text, file)) {
      const resource = read(value, where);
      const id = `${resource.kind} ${resource.metadata.name}`;
      const other = seen.get(id);
      if (other !== undefined)
        throw fault("config-invalid", { where, key: "metadata.name", what: `is taken: ${id} stands in ${other} too` });
      seen.set(id, where);
      resources.push(resource);
    }
  }
  return resources;
}
