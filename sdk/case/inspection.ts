import type { Severity } from "../terms.ts";
import type { Duration, DurationOrParam } from "./duration.ts";
import type { Said } from "./problem.ts";
import type { KeyOf, OkRead, OkReads, Read, Reads, RowOf, Rows } from "./read.ts";
import type { Static, TObject } from "./schema.ts";

/** Known from another copy of the SDK too: a case may be bundled with its own. */
export const CASE = Symbol.for("roundsman.case");

export interface CheckContext<Key, Params> {
  /** What the rows have in common: a string, or a list where `by` is one. */
  readonly key: Key;
  /** The case's defaults with what the ProbeConfig sets. */
  readonly params: Params;
  readonly cluster: string;
}

type ParamName<S> = S extends TObject ? `$${keyof Static<S> & string}` : never;

interface Head<S> {
  /** `group/kebab-case`, unique among all cases. */
  readonly name: string;
  readonly severity: Severity;
  /** The team that answers for what it finds, where no object says. */
  readonly owner?: string;
  /** Why it matters, a paragraph. */
  readonly reason?: string;
  /** What to do about it, a paragraph. */
  readonly help?: string;
  /** How long a problem must last before it is a finding. Default 0s; 10s where a read may be absent. */
  readonly for?: Duration | ParamName<S>;
  /** How long a problem must be gone before its finding is resolved. Default 0s. */
  readonly clear?: Duration | ParamName<S>;
  /** `fleet` (rows of several clusters under one key) is reserved. */
  readonly scope?: "cluster" | "fleet";
  readonly params?: S;
}

/** An inspection as its author defines it, with the types of its rows forgotten. */
export interface Inspection {
  readonly [CASE]: "inspection";
  readonly name: string;
  readonly severity: Severity;
  readonly owner?: string;
  readonly reason?: string;
  readonly help?: string;
  readonly for?: DurationOrParam;
  readonly clear?: DurationOrParam;
  readonly scope?: "cluster" | "fleet";
  readonly params?: TObject;
  readonly reads: Readonly<Record<string, Read>>;
  /** Made by `inspection.each`: the check gets the one row itself. */
  readonly each: boolean;
  check(rows: any, context: CheckContext<any, any>): Said;
}

/** Map and reduce over the live cluster: `by` maps objects to keys, `check` sees all rows of one key. */
export function inspection<const R extends Reads, S extends TObject = TObject<Record<never, never>>>(
  definition: Head<S> & {
    readonly reads: R & OkReads<R>;
    check(rows: Rows<R>, context: CheckContext<KeyOf<R>, Static<S>>): Said;
  },
): Inspection {
  return { ...definition, [CASE]: "inspection", each: false } as unknown as Inspection;
}

/** One object at a time. (A function of its own: with overloads every typo is reported as "No overload matches".) */
inspection.each = <const R extends Read, S extends TObject = TObject<Record<never, never>>>(
  definition: Head<S> & {
    readonly of: R & OkRead<R>;
    check(row: RowOf<R>, context: CheckContext<string, Static<S>>): Said;
  },
): Inspection => {
  const { of, ...head } = definition;
  return { ...head, [CASE]: "inspection", each: true, reads: { it: { ...of, rows: "1" } } } as unknown as Inspection;
};
