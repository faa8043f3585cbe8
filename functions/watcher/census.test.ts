import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Census } from "./census.ts";

const NODE = "v1/Node";
const POD = "v1/Pod";
const LEASE = "coordination.k8s.io/v1/Lease";
const KINDS = new Set([NODE, POD]);

const node = (name: string, ready: string, pool = "a", zone = "z1") => ({
  metadata: { name, uid: name, labels: { "node.kubernetes.io/pool": pool, "topology.kubernetes.io/zone": zone } },
  status: { conditions: [{ type: "Ready", status: ready }] },
});
const pod = (name: string, phase: string, ready = "True", namespace = "shop") => ({
  metadata: { name, uid: name, namespace },
  status: { phase, conditions: [{ type: "Ready", status: ready }] },
});
const lease = (name: string, renewed: number, namespace = "kube-node-lease") => ({
  metadata: { name, uid: `l-${name}`, namespace },
  spec: { renewTime: new Date(renewed).toISOString() },
});
const sizes = (census: Census, kinds: ReadonlySet<string> = KINDS) =>
  census
    .sizes("c", kinds)
    .scopes.map(({ scope, name, kind, total, healthy }) => `${kind} ${scope} ${name} ${healthy}/${total}`)
    .sort();

describe("sizes", () => {
  it("count nodes by cluster, zone and pool, pods by cluster and namespace", () => {
    const census = new Census();
    census.put(NODE, node("n1", "True"), "s");
    census.put(NODE, node("n2", "False", "b"), "s");
    census.put(POD, pod("p1", "Running"), "s");
    census.put(POD, pod("p2", "Pending", "False"), "s");
    expect(sizes(census)).toEqual([
      "Node cluster  1/2",
      "Node pool a 1/1",
      "Node pool b 0/1",
      "Node zone z1 1/2",
      "Pod cluster  1/2",
      "Pod namespace shop 1/2",
    ]);
  });

  it("leave out pods that are done, and kinds that are not seen", () => {
    const census = new Census();
    census.put(POD, pod("p1", "Running"), "s");
    census.put(POD, pod("p1", "Succeeded", "False"), "s");
    expect(sizes(census)).toEqual(["Node cluster  0/0", "Pod cluster  0/0"]);
    expect(sizes(census, new Set([NODE]))).toEqual(["Node cluster  0/0"]);
  });

  it("change when something counts otherwise, and only then", () => {
    const census = new Census();
    census.put(NODE, node("n1", "True"), "s");
    const before = census.changes[NODE];
    census.put(NODE, node("n1", "True"), "s");
    expect(census.changes[NODE]).toBe(before);
    census.put(NODE, node("n1", "False"), "s");
    expect(census.changes[NODE]).not.toBe(before);
  });
});

describe("leases", () => {
  it("of nodes alone: not renewed for forty seconds, or lost to the control plane", () => {
    const census = new Census();
    for (const name of ["fresh", "old", "lost"]) {
      census.put(NODE, node(name, name === "lost" ? "Unknown" : "True"), "s");
      census.put(LEASE, lease(name, name === "old" ? 0 : 60_000), "l");
    }
    census.put(LEASE, lease("old", 60_000, "kube-system"), "l");
    census.put(LEASE, lease("no-node", 0), "l");
    expect(census.leases(60_000)).toEqual({ total: 3, stale: 2 });
    census.remove(NODE, node("lost", "Unknown"));
    expect(census.leases(60_000)).toEqual({ total: 2, stale: 1 });
  });
});

it("a list of one source replaces what that source had, and nothing of another", () => {
  const census = new Census();
  for (const [name, source] of [
    ["p1", "a"],
    ["p2", "a"],
    ["p3", "b"],
  ] as const)
    census.put(POD, pod(name, "Running"), source);
  census.put(NODE, node("n1", "Unknown"), "n");
  const relist = census.relist(POD, "a");
  relist.add(pod("p2", "Running"));
  relist.end();
  const nodes = census.relist(NODE, "n");
  nodes.add(node("n2", "True"));
  nodes.end();
  expect(sizes(census)).toContain("Pod cluster  2/2");
  expect(census.leases(0)).toEqual({ total: 1, stale: 0 });
});

it("whatever came, sizes are those of what is there", () => {
  const step = fc.record({
    name: fc.constantFrom("n1", "n2", "n3", "n4"),
    ready: fc.constantFrom("True", "False", "Unknown", "gone"),
    pool: fc.constantFrom("a", "b"),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const census = new Census();
      const there = new Map<string, ReturnType<typeof node>>();
      for (const { name, ready, pool } of steps) {
        if (ready === "gone") census.remove(NODE, node(name, "True"));
        else census.put(NODE, node(name, ready, pool), "s");
        if (ready === "gone") there.delete(name);
        else there.set(name, node(name, ready, pool));
      }
      const anew = new Census();
      for (const one of there.values()) anew.put(NODE, one, "s");
      expect(sizes(census)).toEqual(sizes(anew));
      expect(census.leases(0)).toEqual(anew.leases(0));
    }),
  );
});
