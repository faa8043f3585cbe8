import { readFile, stat } from "node:fs/promises";
import { parseAllDocuments } from "yaml";
import { fault, isFault, sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";

type Any = any;

/** The objects of a dump, or of a live cluster listed once. */
export interface Snapshot {
  /** By "apiVersion/Kind". */
  readonly objects: ReadonlyMap<string, readonly Any[]>;
  /** Kinds that were asked for, whether there are any or not. */
  readonly listed: ReadonlySet<string>;
  /** What the API server says of itself, where it is known. */
  readonly version?: { readonly major: string; readonly minor: string; readonly gitVersion: string };
  /** Kinds that could not be read, and why. */
  readonly refused: ReadonlyMap<string, string>;
}

export interface Dump extends Snapshot {
  /** Unix ms: the youngest file's time; undefined for stdin. */
  readonly time?: number;
}

const JSON_START = /^\s*[{[]/;

function parse(text: string, file: string): Any[] {
  const unreadable = (what: string, e?: unknown) => fault("dump-unreadable", { file, what }, e);
  if (text.trim() === "") throw unreadable("it is empty");
  if (JSON_START.test(text)) {
    try {
      return [parseJson(text, { poison: "drop", where: "it" })];
    } catch (e) {
      // Several JSON documents one after the other are YAML too, and so is JSON with a comment.
      if (!isFault(e, "json-invalid") || text.length > 64 << 20) throw unreadable(sayError(e), e);
    }
  }
  const documents = parseAllDocuments(text);
  const error = documents.find((document) => document.errors.length > 0)?.errors[0];
  if (error) throw unreadable(error.message.split("\n")[0]!);
  return documents.map((document) => document.toJS()).filter((value) => value !== null && value !== undefined);
}

/** Collects what documents hold: objects, lists of them, and what `kubectl version -o json` prints. */
class Collector {
  readonly objects = new Map<string, Any[]>();
  readonly listed = new Set<string>();
  version: Snapshot["version"];

  add(document: Any, file: string): void {
    if (Array.isArray(document)) {
      for (const one of document) this.add(one, file);
      return;
    }
    if (typeof document?.serverVersion?.gitVersion === "string") {
      this.version = document.serverVersion;
      return;
    }
    const { kind, apiVersion, items } = document ?? {};
    if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
      const of = kind === "List" ? undefined : { apiVersion, kind: kind.slice(0, -"List".length) };
      if (of) this.listed.add(`${of.apiVersion}/${of.kind}`);
      for (const item of items) this.#object(of ? { ...of, ...item } : item, file);
      return;
    }
    this.#object(document, file);
  }

  #object(object: Any, file: string): void {
    const { apiVersion, kind, metadata } = object ?? {};
    if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof metadata?.name !== "string")
      throw fault("dump-unreadable", {
        file,
        what: `it holds something that is no object: ${JSON.stringify(object)?.slice(0, 80)}`,
      });
    const name = `${apiVersion}/${kind}`;
    this.listed.add(name);
    const known = this.objects.get(name);
    if (known) known.push(object);
    else this.objects.set(name, [object]);
  }
}

/** Reads what `kubectl get … -o json|yaml` printed: an object, a List, or several, from files or stdin (`-`). */
export async function readDump(files: readonly string[], stdin: () => Promise<string>): Promise<Dump> {
  const collector = new Collector();
  let time: number | undefined;
  for (const file of files) {
    let text: string;
    try {
      text = file === "-" ? await stdin() : await readFile(file, "utf8");
      if (file !== "-") time = Math.max(time ?? 0, (await stat(file)).mtimeMs);
    } catch (e) {
      throw fault("dump-unreadable", { file, what: sayError(e) }, e);
    }
    for (const document of parse(text, file)) collector.add(document, file);
  }
  const { objects, listed, version } = collector;
  return {
    objects,
    listed,
    refused: new Map(),
    ...(version && { version }),
    ...(time !== undefined && { time: Math.round(time) }),
  };
}
