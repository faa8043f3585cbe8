import { type Params, readPath, type Step } from "./path.ts";
import { scrubLeaf, scrubObject } from "./scrub.ts";

/** A tree of what is kept of an object. Picks of several reads may share one. */
interface Node {
  all?: boolean;
  fields?: Map<string, Node>;
  elements?: { readonly field?: string; readonly value?: string; readonly node: Node }[];
}

type Project = (value: any) => unknown;
type Same = (a: any, b: any) => boolean;

/** What a read keeps of an object, compiled. */
export interface Pick {
  /** A new object that holds the picked paths only. Parts are shared with the given object. */
  project(object: any): any;
  /** Whether two objects (or projections that hold at least these paths) agree on the picked paths. */
  same(a: any, b: any): boolean;
}

const META = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "labels", "ownerReferences"];
export const ALWAYS = ["apiVersion", "kind", ...META.map((name) => `metadata.${name}`)];

function add(root: Node, steps: readonly Step[]): void {
  let node = root;
  for (const step of steps) {
    if (step.step === "field") {
      node.fields ??= new Map();
      let next = node.fields.get(step.name);
      if (!next) node.fields.set(step.name, (next = {}));
      node = next;
    } else {
      node.elements ??= [];
      const filter = step.step === "match" ? { field: step.field, value: step.value } : {};
      let next = node.elements.find((e) => e.field === (filter as any).field && e.value === (filter as any).value);
      if (!next) {
        // The field that is matched is kept, so that a projection can be projected again.
        const kept: Node = step.step === "match" ? { fields: new Map([[step.field, { all: true }]]) } : {};
        node.elements.push((next = { ...filter, node: kept }));
      }
      node = next.node;
    }
  }
  node.all = true;
}

const applies = (e: { field?: string; value?: string }, element: any) =>
  e.field === undefined || (typeof element === "object" && element !== null && String(element[e.field]) === e.value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merge(a: unknown, b: unknown): unknown {
  if (!isObject(a) || !isObject(b)) return b;
  const merged: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) merged[name] = name in merged ? merge(merged[name], value) : value;
  return merged;
}

function compileProject(node: Node, leaf: string): Project {
  if (node.all) return scrubLeaf(leaf);
  if (node.elements) {
    const elements = node.elements.map((e) => ({ ...e, project: compileProject(e.node, leaf) }));
    const only = elements.length === 1 && elements[0]!.field === undefined ? elements[0]!.project : undefined;
    return (value) => {
      if (!Array.isArray(value)) return undefined;
      if (only) return value.map(only);
      const kept: unknown[] = [];
      for (const element of value) {
        const mine = elements.filter((e) => applies(e, element));
        if (mine.length > 0) kept.push(mine.map((e) => e.project(element)).reduce(merge));
      }
      return kept;
    };
  }
  const fields = [...(node.fields ?? [])].map(([name, child]) => ({ name, project: compileProject(child, name) }));
  return (value) => {
    if (!isObject(value)) return undefined;
    const kept: Record<string, unknown> = {};
    for (const { name, project } of fields) {
      const inner = value[name];
      if (inner === undefined || inner === null) continue;
      const picked = project(inner);
      if (picked !== undefined) kept[name] = picked;
    }
    return kept;
  };
}

/** Equality of JSON values; an absent and a null field are the same. */
export function sameJson(a: any, b: any): boolean {
  if (a === b) return true;
  if (a == null || b == null) return a == null && b == null;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!sameJson(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  for (const name in a) if (!sameJson(a[name], b[name])) return false;
  for (const name in b) if (!(name in a) && b[name] != null) return false;
  return true;
}

function compileSame(node: Node): Same {
  if (node.all) return sameJson;
  if (node.elements) {
    const project = compileProject(node, "");
    return (a, b) => sameJson(project(a), project(b));
  }
  const fields = [...(node.fields ?? [])].map(([name, child]) => ({ name, same: compileSame(child) }));
  return (a, b) => {
    if (a === b) return true;
    for (const { name, same } of fields) {
      const left = a?.[name];
      const right = b?.[name];
      if (left !== right && !same(left, right)) return false;
    }
    return true;
  };
}

const ALWAYS_STEPS = ALWAYS.map((path) => readPath(path, {}, "always"));
/** Lists and maps that a pick of single entries narrows. */
const NARROWED = ["labels", "ownerReferences"];

/** What is kept beside some picks: all labels and owners, unless the picks name single ones. */
function alwaysBeside(paths: readonly (readonly Step[])[]): readonly (readonly Step[])[] {
  const named = (steps: readonly Step[], name: string) =>
    steps.length > 2 && fieldOf(steps[0]) === "metadata" && fieldOf(steps[1]) === name;
  const narrowed = NARROWED.filter((name) => paths.some((steps) => named(steps, name)));
  return ALWAYS_STEPS.filter((steps) => !narrowed.includes(fieldOf(steps[1]) ?? ""));
}
const fieldOf = (step: Step | undefined) => (step?.step === "field" ? step.name : undefined);

/** The picks of one read, bound. `undefined` = the whole object, without annotations and environment values. */
export const readPick = (pick: readonly string[] | undefined, params: Params, at: string) =>
  pick?.map((path, i) => readPath(path, params, `${at}[${i}]`));

/**
 * Compiles the union of some reads' picks. Objects of a cluster always keep names, labels, owners and the two
 * timestamps; rows of an external table keep what is picked, or everything.
 */
export function compilePick(picks: readonly (readonly (readonly Step[])[] | undefined)[], isTable = false): Pick {
  if (picks.some((paths) => paths === undefined)) {
    return isTable
      ? { project: (row) => row, same: sameJson }
      : { project: scrubObject, same: (a, b) => sameJson(scrubObject(a), scrubObject(b)) };
  }
  const root: Node = {};
  for (const paths of picks) {
    if (!isTable) for (const steps of alwaysBeside(paths!)) add(root, steps);
    for (const steps of paths!) add(root, steps);
  }
  const project = compileProject(root, "");
  return { project: (object) => project(object), same: compileSame(root) };
}
