/** Paths as types: `a.b  a[].b  a[type=Ready].b  a['k8s.io/x']  a[$param]`. A path that leads nowhere does not compile. */

type NoField<T, N extends string> = { "no such field": N; have: keyof T };

/** The leading name of a path: up to the first `.` or `[`. */
export type Name<S extends string> = S extends `${infer A}.${string}`
  ? A extends `${infer N}[${string}`
    ? N
    : A
  : S extends `${infer N}[${string}`
    ? N
    : S;

type Field<T, N extends string> = T extends unknown
  ? N extends keyof T
    ? NonNullable<T[N]>
    : string extends keyof T
      ? NonNullable<T[string & keyof T]>
      : NoField<T, N>
  : never;

type Element<T> = T extends readonly (infer E)[] ? NonNullable<E> : NoField<T, "[]">;

/** What stands at a path. */
export type At<T, P extends string> = P extends ""
  ? T
  : T extends { "no such field": string }
    ? T
    : P extends `['${infer K}']${infer Rest}`
      ? At<Field<T, K>, Rest>
      : P extends `[$${string}]${infer Rest}`
        ? At<Field<T, string>, Rest>
        : P extends `[]${infer Rest}`
          ? At<Element<T>, Rest>
          : P extends `[${string}=${string}]${infer Rest}`
            ? At<Element<T>, Rest>
            : P extends `.${infer Rest}`
              ? At<T, Rest>
              : At<Field<T, Name<P>>, P extends `${Name<P>}${infer Rest}` ? Rest : "">;

/** The path itself where it leads somewhere, else a type whose only purpose is to be shown in the error. */
export type Ok<T, P extends string> = At<T, P> extends { "no such field": infer N } ? { "✗ no such field": N } : P;

/** The same for one path or a list. */
export type Oks<T, B> = B extends string
  ? Ok<T, B>
  : B extends readonly string[]
    ? { [I in keyof B]: Ok<T, B[I] & string> }
    : B;
