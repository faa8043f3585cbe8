import type { ApiServer, Change, Watching } from "./api-server.ts";

/** Objects of one kind, and where the API server keeps them. */
export interface Kind {
  readonly kind: string;
  readonly path: string;
}

const core = (kind: string, plural: string): Kind => ({ kind, path: `/api/v1/${plural}` });
const apps = (kind: string, plural: string): Kind => ({ kind, path: `/apis/apps/v1/${plural}` });

export const KINDS: readonly Kind[] = [
  core("Node", "nodes"),
  core("Namespace", "namespaces"),
  core("Pod", "pods"),
  core("Service", "services"),
  core("ConfigMap", "configmaps"),
  core("Event", "events"),
  core("PersistentVolume", "persistentvolumes"),
  core("PersistentVolumeClaim", "persistentvolumeclaims"),
  apps("Deployment", "deployments"),
  apps("ReplicaSet", "replicasets"),
  apps("StatefulSet", "statefulsets"),
  apps("DaemonSet", "daemonsets"),
  { kind: "Job", path: "/apis/batch/v1/jobs" },
  { kind: "EndpointSlice", path: "/apis/discovery.k8s.io/v1/endpointslices" },
  { kind: "Lease", path: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases" },
  { kind: "CustomResourceDefinition", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions" },
  { kind: "APIService", path: "/apis/apiregistration.k8s.io/v1/apiservices" },
];

/** Something that is true of the world or not, and since when. */
interface Tracked {
  readonly holds: (world: World) => boolean;
  value: boolean;
  /** Unix ms: when it turned last. */
  at: number;
  waiting: { readonly value: boolean; readonly done: (at: number) => void }[];
}

export interface Track {
  /** Unix ms: when it became so. @throws where it does not within so many ms */
  becomes(value: boolean, within: number): Promise<number>;
}

/** What the API server shows, and the moment at which it showed it. */
export class World {
  readonly #api: ApiServer;
  readonly #objects = new Map<string, Map<string, any>>();
  readonly #tracked = new Set<Tracked>();
  readonly #watches: Watching[] = [];

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /** Follows these kinds from now on. */
  async follow(kinds: readonly Kind[]): Promise<void> {
    await Promise.all(
      kinds.map(async ({ kind, path }) => {
        const { items, metadata } = await this.#api.get(path);
        const objects = new Map<string, any>(items.map((item: any) => [item.metadata.uid, item]));
        this.#objects.set(kind, objects);
        const watch = await this.#api.watch(path, metadata.resourceVersion, (change) => this.#changed(objects, change));
        this.#watches.push(watch);
        // A kind that is no longer served has no objects.
        void watch.ended.then(() => {
          objects.clear();
          this.look();
        });
        this.look();
      }),
    );
  }

  all(kind: string, namespace?: string): readonly any[] {
    const objects = [...(this.#objects.get(kind)?.values() ?? [])];
    return namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === namespace);
  }

  find(kind: string, name: string, namespace?: string): any {
    return this.all(kind, namespace).find(({ metadata }) => metadata.name === name);
  }

  track(holds: (world: World) => boolean): Track {
    const tracked: Tracked = { holds, value: holds(this), at: Date.now(), waiting: [] };
    this.#tracked.add(tracked);
    return {
      becomes: (value, within) =>
        tracked.value === value
          ? Promise.resolve(tracked.at)
          : new Promise((done, fail) => {
              const timer = setTimeout(
                () => fail(new Error(`the API server did not show within ${within} ms that it is ${value}: ${holds}`)),
                within,
              );
              const answer = (at: number) => {
                clearTimeout(timer);
                done(at);
              };
              tracked.waiting.push({ value, done: answer });
            }),
    };
  }

  /** Unix ms: when it was so. */
  until(holds: (world: World) => boolean, within = 60_000): Promise<number> {
    return this.track(holds).becomes(true, within);
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
  }

  /** Asks again what is tracked: for what changes outside of the API server. */
  look(): void {
    const at = Date.now();
    for (const tracked of this.#tracked) {
      const value = tracked.holds(this);
      if (value === tracked.value) continue;
      Object.assign(tracked, { value, at });
      const { waiting } = tracked;
      tracked.waiting = waiting.filter((one) => one.value !== value);
      for (const one of waiting) if (one.value === value) one.done(at);
    }
  }

  #changed(objects: Map<string, any>, { type, object }: Change): void {
    if (type === "DELETED") objects.delete(object.metadata.uid);
    else if (type !== "BOOKMARK" && type !== "ERROR") objects.set(object.metadata.uid, object);
    this.look();
  }
}
