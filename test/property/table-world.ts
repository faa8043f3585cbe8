import fc from "fast-check";

/** A small world in which keys, joins and windows meet often. */

const minute = 60_000;
export const START = Date.parse("2026-01-01T00:00:00Z");
const iso = (ms: number) => new Date(ms).toISOString();

const names = fc.constantFrom("a", "b", "c", "d");
const spaces = fc.constantFrom("x", "y");
const labels = fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("1", "2"), {
  maxKeys: 2,
  noNullPrototype: true,
});
const selector = fc.oneof(
  fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("1", "2"), { maxKeys: 2, noNullPrototype: true }),
  fc.record({
    matchLabels: fc.constant({ app: "1" }),
    matchExpressions: fc.constant([{ key: "tier", operator: "Exists" }]),
  }),
  fc.constant({ matchExpressions: [{ key: "app", operator: "NotIn", values: ["1"] }] }),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const pod = fc.record({
  spec: fc.record({ nodeName: optional(fc.constantFrom("n1", "n2", "")) }),
  status: fc.record({
    phase: fc.constantFrom("Running", "Pending"),
    podIPs: optional(fc.array(fc.record({ ip: optional(fc.constantFrom("1", "2", "3")) }), { maxLength: 2 })),
    at: optional(fc.integer({ min: -20, max: 5 })),
  }),
  owner: optional(fc.nat({ max: 3 })),
  labels,
});
const node = fc.record({ status: fc.record({ ready: fc.boolean() }), labels });
const service = fc.record({
  spec: fc.record({ selector: optional(selector), node: optional(fc.constantFrom("n1", "n2")) }),
  labels,
});
const set = fc.record({ owner: optional(fc.nat({ max: 1 })), labels });

export type Step =
  | { do: "put"; kind: string; namespace?: string; name: string; body: any; fresh: boolean }
  | { do: "delete"; kind: string; namespace?: string; name: string }
  | { do: "wait"; ms: number }
  | { do: "relist"; kind: string; missed: Step[] };

const put: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      kind: fc.constant("v1/Pod"),
      namespace: spaces,
      name: names,
      body: pod,
      fresh: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      kind: fc.constant("v1/Node"),
      name: fc.constantFrom("n1", "n2", "a"),
      body: node,
      fresh: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      kind: fc.constant("v1/Service"),
      namespace: spaces,
      name: names,
      body: service,
      fresh: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("put" as const),
      kind: fc.constant("apps/v1/ReplicaSet"),
      namespace: spaces,
      name: names,
      body: set,
      fresh: fc.boolean(),
    }),
  },
);
const remove: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("delete" as const),
    kind: fc.constantFrom("v1/Pod", "v1/Service", "apps/v1/ReplicaSet"),
    namespace: spaces,
    name: names,
  }),
  fc.record({
    do: fc.constant("delete" as const),
    kind: fc.constant("v1/Node"),
    name: fc.constantFrom("n1", "n2", "a"),
  }),
);
const wait = fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 8 }).map((n) => n * minute) });
const change = fc.oneof({ weight: 6, arbitrary: put }, { weight: 2, arbitrary: remove });
const relist = fc.record({
  do: fc.constant("relist" as const),
  kind: fc.constantFrom("v1/Pod", "v1/Node", "v1/Service", "apps/v1/ReplicaSet"),
  missed: fc.array(change, { maxLength: 5 }),
});
export const history = fc.array(
  fc.oneof({ weight: 10, arbitrary: change }, { weight: 2, arbitrary: wait }, { weight: 1, arbitrary: relist }),
  { minLength: 10, maxLength: 60, size: "max" },
) as fc.Arbitrary<Step[]>;

/** Objects as an API server would hold them: uids, versions, tombstones. */
export class World {
  now = START;
  readonly live = new Map<string, any>();
  /** Deleted objects as the watcher last saw them: it may have missed their last words. */
  readonly gone: any[] = [];
  /** What the watcher was told last of each object that is there. */
  readonly #told = new Map<string, any>();
  #uid = 0;
  #version = 0;

  id(step: { kind: string; namespace?: string; name: string }): string {
    return `${step.kind}/${step.namespace ?? ""}/${step.name}`;
  }

  /** The object as it now is; with `fresh` it is another one under the same name. */
  put(step: Step & { do: "put" }, told: boolean): { object: any; replaced?: any } {
    const old = this.live.get(this.id(step));
    const replaced = old && step.fresh ? this.delete(step, told) : undefined;
    const at = step.kind.lastIndexOf("/");
    const { owner, labels: given, ...body } = step.body;
    const status = body.status && {
      ...body.status,
      ...(body.status.at !== undefined && { at: iso(this.now + body.status.at * minute) }),
    };
    const object = {
      apiVersion: step.kind.slice(0, at),
      kind: step.kind.slice(at + 1),
      metadata: {
        name: step.name,
        ...(step.namespace && { namespace: step.namespace }),
        uid: `o${this.#uid++}`,
        creationTimestamp: iso(this.now),
        resourceVersion: String(++this.#version),
        labels: given,
        ...(owner !== undefined && {
          ownerReferences: [{ kind: "ReplicaSet", name: "r", uid: this.#uidOfSet(owner), controller: true }],
        }),
      },
      ...body,
      ...(status && { status }),
    };
    if (old && !replaced) {
      object.metadata.uid = old.metadata.uid;
      object.metadata.creationTimestamp = old.metadata.creationTimestamp;
    }
    this.live.set(this.id(step), object);
    if (told) this.#told.set(this.id(step), object);
    return { object, replaced };
  }

  /** One that is there, was there, or never was. */
  #uidOfSet(n: number): string {
    const sets = [...this.ofKind("apps/v1/ReplicaSet"), ...this.gone.filter((o) => o.kind === "ReplicaSet")];
    return sets[n]?.metadata.uid ?? "never";
  }

  delete(step: { kind: string; namespace?: string; name: string }, told: boolean): any {
    const old = this.live.get(this.id(step));
    if (!old) return undefined;
    this.live.delete(this.id(step));
    const last = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#version) } };
    const seen = told ? last : this.#told.get(this.id(step));
    if (seen?.metadata.uid === last.metadata.uid) this.gone.push(seen);
    return last;
  }

  /** A relist tells everything. */
  list(kind: string): any[] {
    const objects = this.ofKind(kind);
    for (const o of objects)
      this.#told.set(this.id({ kind, namespace: o.metadata.namespace, name: o.metadata.name }), o);
    return objects;
  }

  ofKind(kind: string): any[] {
    return [...this.live.values()].filter((o) => `${o.apiVersion}/${o.kind}` === kind);
  }
}
