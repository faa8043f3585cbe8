import type { DurationOrParam } from "./duration.ts";
import type { KindName, ObjectOf } from "./kinds.ts";
import type { Name, Ok, Oks } from "./path-types.ts";
import type { Static, TObject, TSchema } from "./schema.ts";

/** How many rows a check wants: inner, left and anti join. */
export const COUNTS = ["1", "0-1", "0", "0+", "1+", "2+"] as const;
export type Count = (typeof COUNTS)[number];
export type By = string | readonly string[];
export type Literal = string | number | boolean;
export type Predicate =
  | Literal
  | readonly Literal[]
  | { readonly not: Literal | readonly Literal[] }
  | { readonly exists: boolean };
export type Where = Readonly<Record<string, Predicate>>;

/** How a read without a `by` of its own is joined: by what the rows of another read point at. */
export const JOINS = ["name", "uid", "selector", "key"] as const;
export interface Via {
  /** The read whose rows point. */
  readonly read: string;
  /** Where in those rows: a path to a name (or uid, selector, key), or a list of paths: namespace and name. */
  readonly at: By;
  /** `key`: the pointed value equals this read's own `by`. */
  readonly as: (typeof JOINS)[number];
}

/** What a case reads, as data: it can be checked by tsc, indexed, projected and shipped. */
export interface Read {
  readonly kind?: KindName | readonly KindName[];
  /** An external table, typed by its columns. */
  readonly table?: string;
  readonly columns?: TObject;
  /** One object: all of. A list of objects: any of. Write it so that healthy objects are no candidates. */
  readonly where?: Where | readonly Where[];
  /** Equal keys meet. Left out: the object itself. A list: a key of several fields; `[]` = one group of all. `[]` in a path: several keys. `"*"`: joins every group. */
  readonly by?: By;
  readonly via?: Via;
  /** The row exists only while it is older / younger than so much. */
  readonly age?: { readonly of: string; readonly over?: DurationOrParam; readonly under?: DurationOrParam };
  /**
   * The paths kept; a change elsewhere is no change. Names, labels, owners and the two timestamps are always kept; a pick
   * of single labels or fields of owners keeps those alone.
   */
  readonly pick?: readonly string[];
  /** With any other number of rows the key passes unasked. Default `"1+"`. */
  readonly rows?: Count;
}

export type Reads = Readonly<Record<string, Read>>;

/** The whole object (or table row) that a read reads. */
export type Full<R> = R extends { kind: infer K }
  ? K extends readonly (infer U)[]
    ? ObjectOf<U>
    : ObjectOf<K>
  : R extends { columns: infer C extends TSchema }
    ? Static<C>
    : Record<string, string>;

type Head<P> = P extends string ? Name<P> : never;
/** What follows the leading name. The field that is matched in `[field=value]` is kept too. */
type Tail<P, H extends string> = P extends `${H}.${infer R}`
  ? R
  : P extends `${H}[${infer F}=${string}].${infer R}`
    ? F | R
    : P extends `${H}[${string}].${infer R}`
      ? R
      : P extends H | `${H}[${string}]`
        ? ""
        : never;
export type DeepPick<T, P extends string> = T extends unknown
  ? { [K in keyof T as K extends Head<P> ? K : never]: Under<T[K], Tail<P, K & string>> }
  : never;
type Under<T, P extends string> = "" extends P
  ? T
  : T extends readonly (infer E)[]
    ? DeepPick<E, P>[]
    : T extends undefined | null
      ? T
      : T extends object
        ? DeepPick<T, P>
        : T;

type Always =
  | "apiVersion"
  | "kind"
  | "metadata.name"
  | "metadata.namespace"
  | "metadata.uid"
  | "metadata.creationTimestamp"
  | "metadata.deletionTimestamp"
  | "metadata.labels"
  | "metadata.ownerReferences";

/** What is kept beside the picks: all labels and owners, unless the picks name single ones. */
type Kept<P> =
  | Exclude<Always, "metadata.labels" | "metadata.ownerReferences">
  | ([Extract<P, `metadata.labels[${string}`>] extends [never] ? "metadata.labels" : never)
  | ([Extract<P, `metadata.ownerReferences[${string}`>] extends [never] ? "metadata.ownerReferences" : never);

/** One row as the check gets it. */
export type RowOf<R> = R extends { pick: readonly (infer P extends string)[]; kind: unknown }
  ? DeepPick<Full<R>, P | Kept<P>>
  : Full<R>;

type Counted<T, C> = C extends "1"
  ? T
  : C extends "0-1"
    ? T | undefined
    : C extends "0"
      ? undefined
      : C extends "0+"
        ? T[]
        : C extends "2+"
          ? [T, T, ...T[]]
          : [T, ...T[]];

/** All rows of a key, by read. */
export type Rows<R> = { [X in keyof R]: Counted<RowOf<R[X]>, R[X] extends { rows: infer C } ? C : "1+"> };

/** A string, or a tuple where a `by` is a list. */
export type KeyOf<R> = {
  [X in keyof R]: R[X] extends { by: infer B }
    ? B extends "*"
      ? never
      : B extends readonly unknown[]
        ? { -readonly [I in keyof B]: string }
        : string
    : never;
}[keyof R];

// What makes a mistake in a read a compile error, at the place of the mistake.
type Value<V> = V extends Literal ? (V extends string ? string : V extends number ? number : boolean) : never;
type PredicateOf<V> = [Value<V>] extends [never]
  ? { exists: boolean }
  : `$${string}` | Value<V> | readonly Value<V>[] | { not: Value<V> | readonly Value<V>[] } | { exists: boolean };
type OkWhere<T, X> = X extends readonly unknown[]
  ? { [I in keyof X]: OkWhere<T, X[I]> }
  : { [P in keyof X]: Ok<T, P & string> extends P ? PredicateOf<Reached<T, P & string>> : Ok<T, P & string> };
type Reached<T, P extends string> = import("./path-types.ts").At<T, P>;
type OkVia<V, All> = V extends { read: infer N; at: infer B }
  ? {
      read: N extends keyof All ? N : keyof All;
      at: N extends keyof All ? Oks<Full<All[N]>, B> : B;
      as: Via["as"];
    }
  : V;
type OkField<R, F extends keyof R, All> = F extends "via"
  ? OkVia<R[F], All>
  : F extends "by"
    ? R[F] extends "*"
      ? R[F]
      : Oks<Full<R>, R[F]>
    : F extends "pick"
      ? Oks<Full<R>, R[F]>
      : F extends "where"
        ? OkWhere<Full<R>, R[F]>
        : F extends "age"
          ? { [G in keyof R[F]]: G extends "of" ? Oks<Full<R>, R[F][G]> : R[F][G] }
          : R[F];
export type OkRead<R, All = unknown> = {
  [F in keyof R]: F extends keyof Read ? OkField<R, F, All> : { "✗ no such option of a read": F };
};
export type OkReads<R> = { [X in keyof R]: OkRead<R[X], R> };
