/** One request of the contract, and what must be answered. */
export interface Step {
  readonly name: string;
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `{ns}` is a namespace of this run, other braces what an earlier step kept. */
  readonly path: string;
  readonly type?: string;
  readonly accept?: string;
  readonly body?: unknown;
  readonly code: number;
  /** Every field named here must be there and match; more may be. */
  readonly answer?: unknown;
  /** Keeps a field of the answer, by its path, under a name. */
  readonly keep?: Readonly<Record<string, string>>;
  /** Asked again until it matches: somebody else must act first. */
  readonly eventually?: boolean;
}

/** Matches whatever is there. */
export const ANY = Symbol("any");
/** Matches only what is not there. */
export const ABSENT = Symbol("absent");

/** Whether all that is expected is there. Lists match item by item. */
export function matches(expected: unknown, got: unknown): boolean {
  if (expected === ANY) return got !== undefined;
  if (expected === ABSENT) return got === undefined || got === null;
  if (expected instanceof RegExp) return typeof got === "string" && expected.test(got);
  if (Array.isArray(expected))
    return Array.isArray(got) && got.length === expected.length && expected.every((one, i) => matches(one, got[i]));
  if (typeof expected !== "object" || expected === null) return Object.is(expected, got);
  if (typeof got !== "object" || got === null)
    return Object.values(expected).every((one) => one === ABSENT) && got === undefined;
  return Object.entries(expected).every(([name, value]) => matches(value, (got as Record<string, unknown>)[name]));
}

type More = Pick<Step, "type" | "accept" | "keep" | "eventually">;

export const get = (name: string, path: string, code: number, answer?: unknown, more: More = {}): Step => ({
  name,
  path,
  code,
  ...(answer !== undefined && { answer }),
  ...more,
});

const sending =
  (method: "POST" | "PUT" | "DELETE") =>
  (name: string, path: string, body: unknown, code: number, answer?: unknown, more: More = {}): Step => ({
    ...get(name, path, code, answer, more),
    method,
    ...(body !== undefined && { body }),
  });

export const post = sending("POST");
export const put = sending("PUT");
export const remove = sending("DELETE");

/** `type` = the media type that says which kind of patch it is. */
export const patch = (
  name: string,
  path: string,
  type: string,
  body: unknown,
  code: number,
  answer?: unknown,
  more: More = {},
): Step => ({
  ...get(name, path, code, answer, more),
  method: "PATCH",
  type,
  body,
});
