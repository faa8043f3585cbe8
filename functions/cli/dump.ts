import { readFile, stat } from "node:fs/promises";
import { fault } from "#sdk/errors.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import { decodeDump, parseDump, Unreadable } from "./dump-text.ts";

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
  /** Things in lists that are no objects, and were left out: sentences. */
  readonly unusable: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** Why something is no object that a case could look at. */
function whyUnusable(value: Any): string | undefined {
  if (typeof value !== "object" || value === null) return `is ${JSON.stringify(value)}`;
  const { apiVersion, kind, metadata } = value;
  if (!isText(kind)) return "has no kind";
  if (!isText(apiVersion)) return "has no apiVersion";
  if (typeof metadata !== "object" || metadata === null) return `is a ${kind} without metadata`;
  if (!isText(metadata.name)) return `is a ${kind} without a name`;
  return undefined;
}

/** Why a whole document is none, for someone who gave the wrong file. */
function whatElse(document: Any): string {
  const { kind, items, message, rows } = document ?? {};
  if (Array.isArray(items) && !isText(kind))
    return "its list has no kind: it ends too early, or something else wrote it";
  if (kind === "Status") return `it is an answer of the API server that says: ${message}`;
  if (kind === "Table" && rows) return "it is a table for people";
  const text = JSON.stringify(document) ?? String(document);
  return `it holds no Kubernetes object but ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}

/** Collects what documents hold: objects, lists of them, and what `kubectl version -o json` prints. */
class Collector {
  readonly objects = new Map<string, Any[]>();
  readonly listed = new Set<string>();
  readonly unusable: string[] = [];
  version: Snapshot["version"];

  add(document: Any, file: string): void {
    if (Array.isArray(document)) {
      for (const one of document) this.add(one, file);
      return;
    }
    if (isText(document?.serverVersion?.gitVersion)) {
      this.version = document.serverVersion;
      return;
    }
    const { kind, apiVersion, items } = document ?? {};
    // Go writes an empty list as null.
    if (isText(kind) && kind.endsWith("List") && (Array.isArray(items) || items === null)) {
      const of =
        kind === "List" || !isText(apiVersion) ? undefined : { apiVersion, kind: kind.slice(0, -"List".length) };
      if (of) this.listed.add(`${of.apiVersion}/${of.kind}`);
      for (const [i, item] of (items ?? []).entries()) {
        const object = of && typeof item === "object" && item !== null ? { ...of, ...item } : item;
        const why = whyUnusable(object);
        if (why === undefined) this.#object(object);
        else this.unusable.push(`${file}: item ${i + 1} of the ${kind} ${why}, so it is left out`);
      }
      return;
    }
    if (whyUnusable(document) !== undefined) throw new Unreadable(whatElse(document));
    this.#object(document);
  }

  #object(object: Any): void {
    const name = `${object.apiVersion}/${object.kind}`;
    this.listed.add(name);
    const known = this.objects.get(name);
    if (known) known.push(object);
    else this.objects.set(name, [object]);
  }
}

/**
 * Reads what `kubectl get … -o json|yaml` printed: an object, a List, or several, from files or stdin (`-`).
 * @throws dump-unreadable: names the file
 */
export async function readDump(files: readonly string[], stdin: () => Promise<Uint8Array>): Promise<Dump> {
  const collector = new Collector();
  let time: number | undefined;
  for (const file of files) {
    const shown = file === "-" ? "stdin" : file;
    try {
      const bytes = file === "-" ? await stdin() : await readFile(file);
      if (file !== "-") time = Math.max(time ?? 0, (await stat(file)).mtimeMs);
      for (const document of parseDump(decodeDump(bytes))) collector.add(document, shown);
    } catch (e) {
      const what = e instanceof Unreadable ? e.message : sayFileError(e);
      throw fault("dump-unreadable", { file: shown, what }, e);
    }
  }
  const { objects, listed, unusable, version } = collector;
  return {
    objects,
    listed,
    unusable,
    refused: new Map(),
    ...(version && { version }),
    ...(time !== undefined && { time: Math.round(time) }),
  };
}
