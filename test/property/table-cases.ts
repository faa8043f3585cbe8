import fc from "fast-check";
import type { Read } from "#sdk/case/read.ts";

/** Random reads over the kinds of `table-world.ts`. */

const rows = fc.option(fc.constantFrom("1", "0-1", "0", "0+", "1+", "2+"), { nil: undefined });
const where = {
  pod: [
    { "status.phase": "Running" },
    { "status.phase": { not: "Running" } },
    { "status.podIPs[].ip": { exists: true } },
    [{ "metadata.labels.app": "1" }, { "spec.nodeName": "n2" }],
    { "metadata.labels[$label]": "1" },
  ],
  any: [
    { "metadata.labels.app": "1" },
    { "metadata.labels.tier": { exists: false } },
    { "metadata.namespace": { not: "x" } },
  ],
};
const by = {
  pod: [
    "status.podIPs[].ip",
    "spec.nodeName",
    "metadata.namespace",
    ["metadata.namespace", "metadata.labels.app"],
    ["status.podIPs[].ip", "spec.nodeName"],
    [],
    "metadata.ownerReferences[controller=true].uid",
    "*",
    undefined,
  ],
  node: ["metadata.name", [], "*", undefined],
  other: [
    "metadata.namespace",
    ["metadata.namespace", "metadata.name"],
    ["metadata.namespace", "metadata.labels.app"],
    "metadata.uid",
    [],
    undefined,
  ],
};
const age = [
  undefined,
  undefined,
  { of: "status.at", under: "10m" },
  { of: "status.at", over: "5m" },
  { of: "status.at", over: "3m", under: "12m" },
  { of: "metadata.creationTimestamp", over: "4m" },
];
const pick = [undefined, ["metadata.name"], ["status"], ["status.phase", "status.podIPs[].ip"], ["spec"]];

const maybe = <T>(values: readonly T[]) => fc.constantFrom(undefined, undefined, ...values);

const podRead = fc.record({
  kind: fc.constant("v1/Pod"),
  where: maybe(where.pod),
  by: fc.constantFrom(...by.pod),
  age: fc.constantFrom(...age),
  pick: fc.constantFrom(...pick),
  rows,
});
const nodeRead = fc.record({
  kind: fc.constant("v1/Node"),
  by: fc.constantFrom(...by.node),
  pick: fc.constantFrom(...pick),
  rows,
});
const otherRead = fc.record({
  kind: fc.constantFrom("v1/Service", "apps/v1/ReplicaSet", ["v1/Service", "v1/Pod"], "*"),
  where: maybe(where.any),
  by: fc.constantFrom(...by.other),
  pick: fc.constantFrom(undefined, ["metadata.name"]),
  rows,
});
const primary = fc.oneof(podRead, nodeRead, otherRead);

const viaOf = (read: string, kind: unknown) => {
  const fromPod = [
    { kind: "v1/Node", via: { read, at: "spec.nodeName", as: "name" } },
    { kind: "apps/v1/ReplicaSet", via: { read, at: "metadata.ownerReferences[controller=true].uid", as: "uid" } },
    { kind: "v1/Pod", by: "spec.nodeName", via: { read, at: "spec.nodeName", as: "key" } },
    { kind: "v1/Service", via: { read, at: "metadata.name", as: "name" } },
  ];
  const fromService = [
    { kind: "v1/Pod", via: { read, at: "spec.selector", as: "selector" } },
    { kind: "v1/Pod", via: { read, at: ["metadata.namespace", "metadata.name"], as: "name" } },
    { kind: "v1/Node", via: { read, at: "spec.node", as: "name" } },
  ];
  const any = [{ kind: "v1/Pod", via: { read, at: "metadata.name", as: "name" } }];
  return fc.constantFrom(...(kind === "v1/Pod" ? fromPod : kind === "v1/Service" ? fromService : any));
};

const clean = (read: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as unknown as Read;

const SERVICE = { kind: "v1/Service", by: undefined, pick: ["spec"] };

/** One to four reads: primaries, and joins that may chain. At least one has a key of its own. */
export const reads: fc.Arbitrary<Record<string, Read>> = fc
  .tuple(primary, fc.option(primary), fc.boolean(), fc.boolean(), fc.boolean())
  .chain(([first, second, join, chain, services]) => {
    const own = join && services ? SERVICE : { ...first, by: first.by === "*" ? undefined : first.by };
    const base: Record<string, any> = { a: own, ...(second && { b: second }) };
    if (!join) return fc.constant(base);
    const filter = fc.record({ rows, age: fc.constantFrom(...age), pick: fc.constantFrom(...pick) });
    return fc.tuple(viaOf("a", own.kind), filter).chain(([via, more]) => {
      const joined: Record<string, any> = { ...base, j: { ...more, ...via } };
      return chain
        ? viaOf("j", via.kind).map((next) => ({ ...joined, k: { rows: "0+", ...next } }))
        : fc.constant(joined);
    });
  })
  .map((all) => Object.fromEntries(Object.entries(all).map(([name, read]) => [name, clean(read)])));
