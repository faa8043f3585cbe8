import type { Kube } from "../case/probe.ts";
import { fault } from "../errors.ts";

type Any = any;

/** A probe's way to an API server that is no more than a list of objects. Refuses what the probe does not declare. */
export function objectsKube(objects: Any[], needs: readonly string[], signal: AbortSignal): Kube {
  const watchers = new Set<(event: { type: string; object: Any }) => void>();
  const tell = (type: string, object: Any) => {
    for (const watcher of watchers) watcher({ type, object });
  };
  const allow = (verb: string, kind: string) => {
    const allowed = needs.some((need) => {
      const [verbs, what] = need.split(" ");
      return what === kind && verbs!.split(",").includes(verb);
    });
    if (!allowed) throw fault("probe-not-allowed", { verb, what: kind });
  };
  const indexOf = (kind: string, name: string, namespace?: string) =>
    objects.findIndex(
      (o) => `${o.apiVersion}/${o.kind}` === kind && o.metadata.name === name && o.metadata.namespace === namespace,
    );
  const selected = (object: Any, selector: string) =>
    selector
      .split(",")
      .filter(Boolean)
      .every((pair) => object.metadata.labels?.[pair.split("=")[0]!] === pair.split("=")[1]);
  return {
    async get(kind, name, namespace) {
      allow("get", kind);
      return objects[indexOf(kind, name, namespace)];
    },
    async create(kind, body: Any) {
      allow("create", kind);
      const at = kind.lastIndexOf("/");
      const object = { apiVersion: kind.slice(0, at), kind: kind.slice(at + 1), ...body };
      objects.push(object);
      tell("ADDED", object);
      return object;
    },
    async delete(kind, name, namespace) {
      allow("delete", kind);
      const at = indexOf(kind, name, namespace);
      if (at >= 0) tell("DELETED", objects.splice(at, 1)[0]);
    },
    async *watch(kind, namespace, selector) {
      allow("watch", kind);
      const queue: { type: string; object: Any }[] = [];
      let wake: () => void = () => undefined;
      const mine = (o: Any) =>
        `${o.apiVersion}/${o.kind}` === kind && o.metadata.namespace === namespace && selected(o, selector);
      const watcher = (event: { type: string; object: Any }) => {
        if (mine(event.object)) queue.push(event);
        wake();
      };
      const stop = () => wake();
      watchers.add(watcher);
      signal.addEventListener("abort", stop);
      try {
        for (const object of objects.filter(mine)) queue.push({ type: "ADDED", object });
        while (!signal.aborted) {
          while (queue.length > 0) yield queue.shift()!;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        watchers.delete(watcher);
        signal.removeEventListener("abort", stop);
      }
    },
    async raw(path) {
      if (!needs.includes(`get ${path}`)) throw fault("probe-not-allowed", { verb: "get", what: path });
      return new Response("ok");
    },
  };
}
