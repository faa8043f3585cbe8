import { fault } from "../errors.ts";

/** One step of a path. `each` and `match` walk an array; `param` is a field whose name the params give. */
export type Step =
  | { readonly step: "field"; readonly name: string }
  | { readonly step: "param"; readonly name: string }
  | { readonly step: "each" }
  | { readonly step: "match"; readonly field: string; readonly value: string };

export type Params = Readonly<Record<string, unknown>>;

const STEPS = /^(?:\.?([^.[\]'$]+)|\['([^']*)'\]|\[\$(\w+)\]|\[(\w+)=([^\]]*)\]|\[\])/;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Reads `a.b  a[].b  a[type=Ready].b  a['k8s.io/x']  a[$param]`. `where` names the place for the error. */
export function parsePath(path: string, where: string): readonly Step[] {
  const steps: Step[] = [];
  const bad = (what: string) => fault("path-invalid", { where, path, what });
  if (path.length > 512) throw bad("is longer than 512 characters");
  let rest = path;
  while (rest !== "") {
    const match = STEPS.exec(rest);
    if (!match || (rest.startsWith(".") && steps.length === 0)) throw bad(`cannot be read at "${rest}"`);
    const [all, name, quoted, param, field, value] = match;
    if (steps.length > 0 && name !== undefined && !rest.startsWith(".")) throw bad(`lacks a "." before "${rest}"`);
    const fieldName = name ?? quoted;
    if (fieldName !== undefined) {
      if (FORBIDDEN.has(fieldName)) throw bad(`may not walk through "${fieldName}"`);
      steps.push({ step: "field", name: fieldName });
    } else if (param !== undefined) steps.push({ step: "param", name: param });
    else if (field !== undefined) steps.push({ step: "match", field, value: value! });
    else steps.push({ step: "each" });
    rest = rest.slice(all.length);
  }
  if (steps.length === 0) throw bad("is empty");
  return steps;
}

/** Puts the params' values in place of `[$param]`. */
export function bindPath(steps: readonly Step[], params: Params, where: string): readonly Step[] {
  return steps.map((step) => {
    if (step.step !== "param") return step;
    const name = params[step.name];
    if (typeof name !== "string" || name === "" || FORBIDDEN.has(name))
      throw fault("param-unusable", { where, param: step.name, what: "must be a field's name" });
    return { step: "field", name } as const;
  });
}

export const readPath = (path: string, params: Params, where: string): readonly Step[] =>
  bindPath(parsePath(path, where), params, where);

/** Calls `found` with each value at the path, until one call returns true; says whether one did. null counts as absent. */
export type Walk = (from: unknown, found: (value: unknown) => boolean) => boolean;

const matches = (element: unknown, field: string, value: string) =>
  typeof element === "object" && element !== null && String((element as Params)[field]) === value;

const inObject = (name: string) => name in Object.prototype;

/** Compiles bound steps once, so that walking costs some nanoseconds a step. */
export function compileWalk(steps: readonly Step[]): Walk {
  const [step, ...rest] = steps;
  if (step === undefined) return (from, found) => found(from);
  const next = compileWalk(rest);
  if (step.step === "each" || step.step === "match") {
    const all = step.step === "each";
    return (from, found) => {
      if (!Array.isArray(from)) return false;
      for (const element of from)
        if (element != null && (all || matches(element, step.field, step.value)) && next(element, found)) return true;
      return false;
    };
  }
  const { name } = step;
  const inherited = inObject(name);
  return (from, found) => {
    if (typeof from !== "object" || from === null || Array.isArray(from)) return false;
    if (inherited && !Object.hasOwn(from, name)) return false;
    const value = (from as Params)[name];
    return value != null && next(value, found);
  };
}

/** All values at a path. */
export function valuesAt(walk: Walk, from: unknown): unknown[] {
  const values: unknown[] = [];
  walk(from, (value) => {
    values.push(value);
    return false;
  });
  return values;
}
