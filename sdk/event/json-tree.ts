import { quote } from "./text.ts";

export interface TreeFlaw {
  readonly kind: "poison" | "depth";
  /** Such as `items[3].metadata.labels.__proto__`. */
  readonly path: string;
}

type Tree = Record<string, unknown>;

/**
 * Walks a parsed JSON value level by level (no recursion: the value may nest a million deep) and finds keys that poison
 * and containers below `maxDepth`. With `drop` it takes them out and finds nothing.
 */
export const cleanJson = (root: object, maxDepth: number, drop: boolean): TreeFlaw | undefined => {
  let level: Tree[] = [root as Tree];
  for (let depth = 1; level.length > 0; depth++) {
    const deepest = depth >= maxDepth;
    const below: Tree[] = [];
    for (const container of level) {
      if (Array.isArray(container)) {
        for (let i = 0; i < container.length; i++) {
          const value: unknown = container[i];
          if (typeof value !== "object" || value === null) continue;
          if (!deepest) below.push(value as Tree);
          else if (drop) container[i] = null;
          else return { kind: "depth", path: pathTo(root, container, String(i)) };
        }
        continue;
      }
      for (const key in container) {
        const value = container[key];
        const poison = key === "__proto__" || (key === "constructor" && holdsPrototype(value));
        if (poison) {
          if (!drop) return { kind: "poison", path: pathTo(root, container, key) };
          delete container[key];
          continue;
        }
        if (typeof value !== "object" || value === null) continue;
        if (!deepest) below.push(value as Tree);
        else if (drop) delete container[key];
        else return { kind: "depth", path: pathTo(root, container, key) };
      }
    }
    level = below;
  }
  return undefined;
};

const holdsPrototype = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");

/** Where a container of the tree is: looked for only once something is wrong with it. */
const pathTo = (root: object, target: object, key: string): string => {
  const from = new Map<object, readonly [parent: object, key: string]>();
  const waiting: object[] = [root];
  for (let next = waiting.pop(); next !== undefined && next !== target; next = waiting.pop()) {
    for (const [name, value] of Object.entries(next)) {
      if (typeof value !== "object" || value === null) continue;
      from.set(value, [next, name]);
      waiting.push(value);
    }
  }
  const steps = [step(target, key)];
  for (let at: object = target; ; ) {
    const origin = from.get(at);
    if (origin === undefined) break;
    steps.push(step(origin[0], origin[1]));
    at = origin[0];
  }
  steps.reverse();
  const path = [...(steps.length > 12 ? [...steps.slice(0, 6), "…", ...steps.slice(-6)] : steps)].join("");
  return path.startsWith(".") ? path.slice(1) : path;
};

const step = (parent: object, key: string): string => {
  if (Array.isArray(parent)) return `[${key}]`;
  return /^\w{1,40}$/.test(key) ? `.${key}` : `[${quote(key)}]`;
};
