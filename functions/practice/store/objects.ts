import { createHistory } from "./history.ts";
import { deepFreeze, type KubeObject, keyOf } from "./object.ts";

export interface Change {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The resource's id: `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly object: KubeObject;
  /** What it was until now; absent when it is new. */
  readonly before?: KubeObject;
}

/** All objects of a cluster under one counter, and what happened lately. Knows no rules. */
export interface Objects {
  /** The latest resourceVersion given out. */
  revision(): number;
  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** In the order of their keys. */
  list(resource: string, namespace?: string): readonly KubeObject[];
  /** Every object there is, each with its resource. */
  all(): readonly (readonly [resource: string, object: KubeObject])[];
  /** Stores it under a new resourceVersion. */
  put(resource: string, object: KubeObject): KubeObject;
  /** The last state, under the deletion's own resourceVersion. */
  remove(resource: string, object: KubeObject): KubeObject;
  /** What `list` answered at an earlier revision; undefined when that is compacted away. */
  at(resource: string, revision: number, namespace?: string): readonly KubeObject[] | undefined;
  /** What changed after a revision; undefined when that is compacted away. */
  since(revision: number): readonly Change[] | undefined;
  /** Forgets the history: whoever wants to resume must list again. */
  compact(): void;
  /** Changes in their order, also those that a listener makes itself. */
  subscribe(listener: (change: Change) => void): () => void;
}

/** Objects in the order of their keys, of one namespace or of all. */
function inOrder(objects: ReadonlyMap<string, KubeObject>, namespace: string | undefined): readonly KubeObject[] {
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  return keys.map((key) => objects.get(key) as KubeObject);
}

const NOTHING: ReadonlyMap<string, KubeObject> = new Map();

export function createObjects(options: { readonly historyLimit: number }): Objects {
  const resources = new Map<string, Map<string, KubeObject>>();
  const history = createHistory(options.historyLimit);
  const listeners = new Set<(change: Change) => void>();
  const announcements: Change[] = [];
  let announcing = false;
  let revision = 0;

  const of = (resource: string): Map<string, KubeObject> => {
    const known = resources.get(resource) ?? new Map<string, KubeObject>();
    resources.set(resource, known);
    return known;
  };

  const announce = (change: Change) => {
    history.add(change);
    announcements.push(change);
    if (announcing) return;
    announcing = true;
    try {
      for (let next = announcements.shift(); next; next = announcements.shift()) {
        for (const listener of listeners) listener(next);
      }
    } finally {
      announcing = false;
    }
  };

  const stamped = (object: KubeObject): KubeObject => {
    revision += 1;
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
  };

  return {
    revision: () => revision,
    get: (resource, namespace, name) => resources.get(resource)?.get(keyOf(namespace, name)),
    list: (resource, namespace) => inOrder(resources.get(resource) ?? NOTHING, namespace),
    all: () =>
      [...resources].flatMap(([resource, known]) => [...known.values()].map((object) => [resource, object] as const)),
    put(resource, object) {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const before = of(resource).get(key);
      const stored = stamped(object);
      of(resource).set(key, stored);
      announce({ revision, type: before ? "MODIFIED" : "ADDED", resource, object: stored, ...(before && { before }) });
      return stored;
    },
    remove(resource, object) {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const before = of(resource).get(key);
      of(resource).delete(key);
      const last = stamped(object);
      announce({ revision, type: "DELETED", resource, object: last, ...(before && { before }) });
      return last;
    },
    at(resource, wanted, namespace) {
      const undo = history.since(wanted);
      if (!undo) return undefined;
      const then = new Map(of(resource));
      for (const change of [...undo].reverse()) {
        if (change.resource !== resource) continue;
        const key = keyOf(change.object.metadata.namespace, change.object.metadata.name);
        if (change.before) then.set(key, change.before);
        else then.delete(key);
      }
      return inOrder(then, namespace);
    },
    since: (wanted) => history.since(wanted),
    compact: () => history.clear(revision),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
