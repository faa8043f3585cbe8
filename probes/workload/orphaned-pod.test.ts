import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { object, pod, replicaSet, workload } from "../objects.test-kit.ts";
import orphanedPod from "./orphaned-pod.ts";

const look = (...objects: object[]) => examine(orphanedPod, objects, { scan: true }).open;
const set = replicaSet("web-6d4");
const a = pod("web-6d4-a", { owners: [set] });
const b = pod("web-6d4-b", { owners: [set] });

describe("fires", () => {
  test("for every pod that its controller left behind", () => {
    expect(look(a, b)).toMatchObject([
      {
        severity: "medium",
        subject: "Pod/shop/web-6d4-a",
        message: "Pod shop/web-6d4-a is left of ReplicaSet web-6d4, which is gone",
      },
      { subject: "Pod/shop/web-6d4-b" },
    ]);
  });
  test("where another one came under the controller's name", () => {
    expect(look(a, replicaSet("web-6d4", { uid: "another" }))).toHaveLength(1);
  });
  test("after a minute", () => {
    const { open, next } = examine(orphanedPod, [a]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:01:00Z"));
  });
});

test("identity is the pod's name, with or without others, never a uid", () => {
  const again = pod("web-6d4-a", { owners: [replicaSet("web-6d4", { uid: "another" })], uid: "later" });
  const [[alone], [with2]] = [look(again), look(b, a)];
  expect(alone?.fingerprint).toBe(with2?.fingerprint);
});

test.each([
  ["a pod whose controller is there", [a, set]],
  ["a pod whose controller is being deleted", [a, replicaSet("web-6d4", { deleted: 5 })]],
  ["a pod that is ending itself", [pod("x", { owners: [set], deleted: 5 })]],
  ["a pod without controller", [pod("x")]],
  [
    "a completed pod of a job that is there",
    [
      pod("x", { owners: [workload("batch/v1/Job", "once")], status: { phase: "Succeeded" } }),
      workload("batch/v1/Job", "once"),
    ],
  ],
  ["a static pod", [pod("x", { owners: [object("v1/Node", "node-1")] })]],
  [
    "a pod of a known group's controller that is not read",
    [pod("x", { owners: [workload("apps/v1/Deployment", "web")] })],
  ],
  ["a pod of a controller that is not read", [pod("x", { owners: [object("example.com/v1/Widget", "w")] })]],
  [
    "a pod of a custom kind of a known name",
    [
      pod("x", { owners: [object("batch.volcano.sh/v1alpha1/Job", "j")] }),
      pod("y", { owners: [object("apps.kruise.io/v1beta1/StatefulSet", "s")] }),
    ],
  ],
])("is silent for %s", (_, objects) => expect(look(...objects)).toEqual([]));
