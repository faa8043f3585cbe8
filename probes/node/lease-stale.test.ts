import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { node, nodeLease, object } from "../objects.test-kit.ts";
import leaseStale from "./lease-stale.ts";

const look = (objects: object[], params = {}) => examine(leaseStale, objects, { params });
const n1 = node("n1");

describe("fires", () => {
  test("for a node whose lease is old", () => {
    expect(look([n1, nodeLease("n1", 41)]).open).toMatchObject([
      { severity: "high", subject: "Node/n1", message: "The lease of node n1 has not been renewed for more than 40s" },
    ]);
  });
  test("less loudly where someone has cordoned the node", () => {
    const cordoned = node("n1", { spec: { unschedulable: true } });
    expect(look([cordoned, nodeLease("n1", 41)]).open).toMatchObject([{ severity: "medium" }]);
  });
  test("by time alone, forty seconds after it was renewed, or as long as is set", () => {
    const { open, next } = look([n1, nodeLease("n1", 10)]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:00:30Z"));
    expect(look([n1, nodeLease("n1", 10)], { after: "3s" }).open).toHaveLength(1);
  });
});

test("the finding stays one, in whatever order rows come", () => {
  const [[a], [b]] = [look([n1, nodeLease("n1", 41)]).open, look([nodeLease("n2", 3), nodeLease("n1", 9000), n1]).open];
  expect([a?.fingerprint, a?.message]).toEqual([b?.fingerprint, b?.message]);
});

test.each([
  ["a lease that is renewed", [n1, nodeLease("n1")]],
  ["a node without a lease", [n1]],
  ["a lease whose node is gone", [nodeLease("n1", 9000)]],
  ["a node that is being deleted", [node("n1", { deleted: 5 }), nodeLease("n1", 9000)]],
  [
    "a node that an autoscaler takes away",
    [
      node("n1", { spec: { taints: [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" }] } }),
      nodeLease("n1", 9000),
    ],
  ],
  [
    "a leader's old lease of the same name",
    [
      n1,
      object("coordination.k8s.io/v1/Lease", "n1", {
        namespace: "kube-system",
        spec: { renewTime: "2020-01-01T00:00:00.000000Z" },
      }),
    ],
  ],
])("is silent for %s", (_, objects) => expect(look(objects).open).toEqual([]));
