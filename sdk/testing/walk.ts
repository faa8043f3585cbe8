/**
 * Paths, keys and predicates once more, as an interpreter: slow, short, and written apart from `sdk/case`, so that what
 * runs in production can be held against it.
 */
type Any = any;
type Params = Readonly<Record<string, unknown>>;

const field = (from: Any, name: string): Any =>
  typeof from === "object" && from !== null && !Array.isArray(from) && Object.hasOwn(from, name)
    ? from[name]
    : undefined;

/** All values at a path; null is absent. */
export function walk(from: Any, path: string, params: Params): Any[] {
  if (from === null || from === undefined) return [];
  if (path === "") return [from];
  const quoted = /^\['([^']*)'\]/.exec(path);
  if (quoted) return walk(field(from, quoted[1]!), path.slice(quoted[0].length), params);
  const param = /^\[\$(\w+)\]/.exec(path);
  if (param) return walk(field(from, String(params[param[1]!])), path.slice(param[0].length), params);
  const match = /^\[(\w+)=([^\]]*)\]/.exec(path);
  if (path.startsWith("[]") || match) {
    if (!Array.isArray(from)) return [];
    const kept = match ? from.filter((e) => String(field(e, match[1]!)) === match[2]) : from;
    return kept.flatMap((e) => walk(e, path.slice(match ? match[0].length : 2), params));
  }
  if (path.startsWith(".")) return walk(from, path.slice(1), params);
  const name = /^[^.[]+/.exec(path)![0];
  return walk(field(from, name), path.slice(name.length), params);
}

const part = (value: Any): string | undefined =>
  ["string", "number", "boolean"].includes(typeof value) && value !== "" ? String(value) : undefined;

/** Up to and with the first `[]` or `[x=y]`, and what follows. */
const cut = (path: string) => /^(.*?\[(?:\w+=[^\]]*)?\])\.?(.*)$/.exec(path);

/** Paths that share a `[]` walk it together; paths with different ones give every combination. */
export function keysOf(from: Any, by: string | readonly string[], params: Params): string[][] {
  const paths = [by].flat();
  let partial: (string | undefined)[][] = [paths.map(() => undefined)];
  const done = new Set<number>();
  paths.forEach((path, i) => {
    if (done.has(i)) return;
    const head = cut(path)?.[1];
    if (head === undefined) {
      const value = walk(from, path, params).map(part)[0];
      partial = value === undefined ? [] : partial.map((key) => key.with(i, value));
      return;
    }
    const together = paths.flatMap((other, j) => (cut(other)?.[1] === head ? [j] : []));
    for (const j of together) done.add(j);
    const rest = together.map((j) => cut(paths[j]!)![2]!);
    const inner = walk(from, head, params).flatMap((element) => keysUnder(element, rest, params));
    partial = partial.flatMap((key) => inner.map((values) => together.reduce((k, j, n) => k.with(j, values[n]), key)));
  });
  const whole = partial.filter((key): key is string[] => key.every((one) => one !== undefined));
  return [...new Map(whole.map((key) => [JSON.stringify(key), key])).values()];
}

/** Keys below one element of a list: a path that ends there is the element itself. */
const keysUnder = (element: Any, rest: readonly string[], params: Params): string[][] =>
  keysOf(
    { element },
    rest.map((path) => `element${path === "" || path.startsWith("[") ? "" : "."}${path}`),
    params,
  );

/** `where`: one object = all of, a list of objects = any of. */
export function holds(from: Any, where: Any, params: Params): boolean {
  if (where === undefined) return true;
  if (Array.isArray(where)) return where.some((one) => holds(from, one, params));
  return Object.entries(where).every(([path, wanted]: [string, Any]) => {
    const values = walk(from, path, params);
    const literals = (given: Any): Any[] =>
      [given]
        .flat()
        .flatMap((one) => (typeof one === "string" && one.startsWith("$") ? [params[one.slice(1)]].flat() : [one]));
    const isOne = (given: Any) => values.some((value) => literals(given).includes(value));
    if (typeof wanted !== "object" || Array.isArray(wanted)) return isOne(wanted);
    return "exists" in wanted ? values.length > 0 === wanted.exists : !isOne(wanted.not);
  });
}
