import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { object, pod } from "../objects.test-kit.ts";
import stuckTerminating from "./stuck-terminating.ts";

const look = (...objects: object[]) => examine(stuckTerminating, objects).open;
const deleted = 700;

describe("fires", () => {
  test("for any kind, and names who holds it", () => {
    const claim = object("v1/PersistentVolumeClaim", "data", {
      namespace: "shop",
      deleted,
      finalizers: ["kubernetes.io/pvc-protection"],
    });
    const widget = object("example.com/v1/Widget", "w", { deleted, finalizers: ["example.com/a", "example.com/b"] });
    expect(look(claim, widget).map((f) => [f.severity, f.subject, f.message])).toEqual([
      [
        "medium",
        "PersistentVolumeClaim/shop/data",
        "PersistentVolumeClaim shop/data is being deleted but stays: held by kubernetes.io/pvc-protection",
      ],
      ["medium", "Widget/w", "Widget w is being deleted but stays: held by example.com/a, example.com/b"],
    ]);
  });
  test.each([
    [pod("a", { deleted }), "Pod shop/a is being deleted but stays: its node has not confirmed that it stopped"],
    [
      object("v1/Namespace", "n", { deleted }),
      "Namespace n is being deleted but stays: something in it cannot be deleted",
    ],
    [object("example.com/v1/Widget", "w", { deleted }), "Widget w is being deleted but stays"],
  ])("without finalizers too", (it, message) => expect(look(it)[0]?.message).toBe(message));
  test("ten minutes after the deletion, or as long as is set", () => {
    const young = pod("a", { deleted: 60 });
    const { open, pending, next } = examine(stuckTerminating, [young]);
    expect(open).toEqual([]);
    expect(pending[0]?.opens).toBe(Date.parse("2026-01-01T12:09:00Z"));
    expect(next).toBe(pending[0]?.opens);
    expect(examine(stuckTerminating, [young], { params: { after: "3s" } }).open).toHaveLength(1);
  });
});

test("the finding stays one while finalizers go", () => {
  const widget = (finalizers: string[]) => object("example.com/v1/Widget", "w", { deleted, finalizers });
  const [before] = look(widget(["a", "b"]), pod("x"));
  const [after] = look(pod("x"), widget(["b"]));
  expect(before?.fingerprint).toBe(after?.fingerprint);
});

test.each([
  ["what is not being deleted", object("example.com/v1/Widget", "w", { finalizers: ["a"] })],
  ["a pod within its grace period", pod("a", { deleted: -3600 })],
  ["leases and events", object("coordination.k8s.io/v1/Lease", "n", { namespace: "kube-node-lease", deleted })],
])("is silent for %s", (_, it) => expect(look(it)).toEqual([]));
