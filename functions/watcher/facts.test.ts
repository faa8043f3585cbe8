import { expect, it } from "vitest";
import { NodeFacts } from "./facts.ts";

const at = (second: number) => new Date(second * 1_000).toISOString();
const node = (name: string, conditions: Record<string, [status: string, second: number]>, labels = {}) => ({
  metadata: { name, uid: `${name}-uid`, labels },
  status: {
    conditions: Object.entries(conditions).map(([type, [status, second]]) => ({
      type,
      status,
      lastTransitionTime: at(second),
    })),
  },
});
const said = (records: readonly { value: string | null }[]) =>
  records.map(({ value }) => {
    const { node, type, status, gone } = JSON.parse(value!);
    return `${node} ${type} ${gone ? "gone" : status}`;
  });

it("tells each transition once: what is not well at first, then whatever turns", () => {
  const facts = new NodeFacts("c", 100_000);
  expect(said(facts.node(node("n1", { Ready: ["True", 1], KernelDeadlock: ["True", 2] })))).toEqual([
    "n1 KernelDeadlock True",
  ]);
  expect(facts.node(node("n1", { Ready: ["True", 1], KernelDeadlock: ["True", 2] }))).toEqual([]);
  expect(said(facts.node(node("n1", { Ready: ["False", 3], KernelDeadlock: ["False", 4] })))).toEqual([
    "n1 Ready False",
    "n1 KernelDeadlock False",
  ]);
});

it("tells what turned since an earlier watcher, well or not", () => {
  const facts = new NodeFacts("c", 100_000);
  expect(said(facts.node(node("n1", { Ready: ["True", 101] })))).toEqual(["n1 Ready True"]);
});

it("says where the node stands", () => {
  const labels = { "topology.kubernetes.io/zone": "z", "node.kubernetes.io/pool": "p", "roundsman.dev/owner": "o" };
  const [record] = new NodeFacts("c", 0).node(node("n1", { Ready: ["False", 1] }, labels));
  expect(JSON.parse(record!.value!)).toMatchObject({ zone: "z", pool: "p", owner: "o", uid: "n1-uid" });
});

it("says that conditions of a node that is deleted, or not listed again, stand no more", () => {
  const facts = new NodeFacts("c", 0);
  for (const name of ["n1", "n2", "n3"]) facts.node(node(name, { Ready: ["False", 1], DiskPressure: ["False", 1] }));
  expect(said(facts.gone("n1"))).toEqual(["n1 Ready gone"]);
  expect(said(facts.retain(new Set(["n2"])))).toEqual(["n3 Ready gone"]);
  expect(facts.gone("n1")).toEqual([]);
});
