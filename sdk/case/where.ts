import { compileWalk, type Params, readPath, type Walk } from "./path.ts";
import type { Literal, Predicate, Where } from "./read.ts";

export type Test = (object: unknown) => boolean;

/** `"$param"` stands for the param's value; a param that is a list stands for its members. */
function literals(given: Literal | readonly Literal[], params: Params): readonly unknown[] {
  return [given]
    .flat()
    .flatMap((one) => (typeof one === "string" && one.startsWith("$") ? [params[one.slice(1)]].flat() : [one]));
}

function compilePredicate(walk: Walk, predicate: Predicate, params: Params): Test {
  if (typeof predicate === "object" && "exists" in predicate) {
    const any = () => true;
    return predicate.exists ? (object) => walk(object, any) : (object) => !walk(object, any);
  }
  const negated = typeof predicate === "object" && "not" in predicate;
  const wanted = literals(negated ? predicate.not : (predicate as Literal | readonly Literal[]), params);
  const is =
    wanted.length === 1
      ? (value: unknown) => value === wanted[0]
      : (
          (set) => (value: unknown) =>
            set.has(value)
        )(new Set(wanted));
  // `not` matches the absent too: none of the values may be one of these.
  return negated ? (object) => !walk(object, is) : (object) => walk(object, is);
}

/** One object: all of. A list of objects: any of. Nothing: every object. `[]` in a path means any. */
export function compileWhere(
  where: Where | readonly Where[] | undefined,
  params: Params,
  at: string,
): Test | undefined {
  if (where === undefined) return undefined;
  if (Array.isArray(where)) {
    const tests = where.map((one: Where, i) => compileWhere(one, params, `${at}[${i}]`)!);
    return (object) => tests.some((test) => test(object));
  }
  const tests = Object.entries(where as Where).map(([path, predicate]) =>
    compilePredicate(compileWalk(readPath(path, params, `${at} "${path}"`)), predicate, params),
  );
  return (object) => {
    for (const test of tests) if (!test(object)) return false;
    return true;
  };
}
