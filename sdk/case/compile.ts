import { durationMs } from "./duration.ts";
import { compileKeys, type Keys } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import { compileWalk, type Params, readPath, type Step, type Walk } from "./path.ts";
import { readPick } from "./pick.ts";
import type { Count, Read, Via } from "./read.ts";
import { compileWhere, type Test } from "./where.ts";

/** A read, ready to meet objects. Compiled once per instance. */
export interface CompiledRead {
  readonly name: string;
  /** "apiVersion/Kind" names, `["*"]`, or `["table/name"]` for an external table. */
  readonly kinds: readonly string[];
  readonly isTable: boolean;
  readonly test?: Test;
  /** How the row comes to its groups. */
  readonly grouping: "self" | "keys" | "every" | "via";
  readonly keys?: Keys;
  readonly via?: {
    readonly read: number;
    readonly as: Via["as"];
    readonly at: Keys;
    readonly selector: Walk;
    readonly paths: readonly (readonly Step[])[];
  };
  readonly age?: { readonly of: Walk; readonly over: number; readonly under: number };
  /** Paths kept; undefined = all. */
  readonly pick: readonly (readonly Step[])[] | undefined;
  readonly least: number;
  readonly most: number;
  /** One row (or none) is wanted: more is an error, not a pass. */
  readonly single: boolean;
}

export interface CompiledReads {
  readonly reads: readonly CompiledRead[];
  /** The check gets its key as a list. */
  readonly keyIsList: boolean;
  /** Keys are uids: the subject's name stands for them in the identity. */
  readonly keyIsUid: boolean;
}

const LEAST_MOST: Readonly<Record<Count, readonly [number, number]>> = {
  "1": [1, 1],
  "0-1": [0, 1],
  "0": [0, 0],
  "0+": [0, Number.POSITIVE_INFINITY],
  "1+": [1, Number.POSITIVE_INFINITY],
  "2+": [2, Number.POSITIVE_INFINITY],
};

/** External tables stand among the kinds under this name. */
export const tableKind = (name: string): string => `table/${name}`;

const isUid = (by: Read["by"]) => typeof by === "string" && /(?:^|\.)uid$/.test(by);

/** Whether keys are uids: then the subject's name stands for them in the identity. */
export const hasUidKey = (reads: Readonly<Record<string, Read>>): boolean =>
  Object.values(reads).some((read) => !read.via && isUid(read.by));

/** A duration, or the param it names, in ms. */
export const durationOf = (given: string | undefined, params: Params, field: string, otherwise: number): number =>
  given === undefined ? otherwise : durationMs(String(given.startsWith("$") ? params[given.slice(1)] : given), field);

function compileRead(name: string, read: Read, names: readonly string[], params: Params, where: string): CompiledRead {
  const at = `${where}: reads.${name}`;
  const [least, most] = LEAST_MOST[read.rows ?? "1+"];
  const test = compileWhere(read.where, params, `${at}.where`);
  const grouping = read.via ? "via" : read.by === "*" ? "every" : read.by === undefined ? "self" : "keys";
  return {
    name,
    kinds: read.table === undefined ? [read.kind ?? []].flat() : [tableKind(read.table)],
    isTable: read.table !== undefined,
    ...(test && { test }),
    grouping,
    ...(read.by !== undefined && read.by !== "*" && { keys: compileKeys(read.by, params, `${at}.by`) }),
    ...(read.via && {
      via: {
        read: names.indexOf(read.via.read),
        as: read.via.as,
        at: compileKeys(read.via.at, params, `${at}.via.at`),
        paths: [read.via.at].flat().map((path) => readPath(path, params, `${at}.via.at`)),
        selector: compileWalk(readPath([read.via.at].flat()[0] ?? "", params, `${at}.via.at`)),
      },
    }),
    ...(read.age && {
      age: {
        of: compileWalk(readPath(read.age.of, params, `${at}.age.of`)),
        over: durationOf(read.age.over, params, `${at}.age.over`, 0),
        under: durationOf(read.age.under, params, `${at}.age.under`, Number.POSITIVE_INFINITY),
      },
    }),
    // Of every kind only the metadata is read.
    pick: readPick(read.pick ?? (read.kind === "*" ? ["metadata"] : undefined), params, `${at}.pick`),
    least,
    most,
    single: most === 1,
  };
}

/** Compiles a manifest's reads with an instance's params (which hold `cluster` too). */
export function compileReads(manifest: Manifest, params: Params): CompiledReads {
  const names = Object.keys(manifest.reads);
  const entries = Object.entries(manifest.reads);
  return {
    reads: entries.map(([name, read]) => compileRead(name, read, names, params, manifest.name)),
    keyIsList: entries.some(([, read]) => !read.via && Array.isArray(read.by)),
    keyIsUid: hasUidKey(manifest.reads),
  };
}
