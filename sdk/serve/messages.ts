import type { Manifest } from "../case/manifest.ts";

/** A module with cases in it, bundled. */
export interface CaseModule {
  /** What to import. */
  readonly url: string;
  /** The author's file, for messages. */
  readonly file: string;
  /** Of its cases: changes when their code does. */
  readonly version: string;
}

export interface WorkerData {
  readonly modules: readonly CaseModule[];
  /** Int32: how many modules were loaded; which check of the batch runs (-1 = none). */
  readonly progress: SharedArrayBuffer;
}

/** Places in `progress`. */
export const LOADED = 0;
export const RUNNING = 1;

/** A worker's first word. */
export interface Ready {
  readonly ready: true;
  readonly cases: readonly { readonly manifest: Manifest; readonly file: string }[];
  /** Modules, or cases in them, that cannot be used. */
  readonly broken: readonly { readonly file: string; readonly message: string }[];
}

/** Checks as JSON texts, and the verdicts to them in the same order. */
export interface Batch {
  readonly checks: readonly string[];
}
export interface Answers {
  readonly verdicts: readonly string[];
}
