import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, container, event, pod } from "../objects.test-kit.ts";
import pendingTooLong from "./pending-too-long.ts";

const says = "0/3 nodes are available: 3 Insufficient cpu.";
const unschedulable = (age: number, made = {}, more = {}) =>
  pod("big", {
    age,
    ...made,
    spec: { nodeName: undefined, ...more },
    status: {
      conditions: [conditionOf("PodScheduled", "False", age, { message: says, reason: "Unschedulable" })],
      containerStatuses: undefined,
      phase: "Pending",
      podIPs: undefined,
    },
  });
const starting = (age: number, scheduled: number, reason = "ContainerCreating") =>
  pod("slow", {
    age,
    status: {
      conditions: [conditionOf("PodScheduled", "True", scheduled), conditionOf("Ready", "False", scheduled)],
      containerStatuses: [container("app", { ready: false, state: { waiting: { reason } } })],
      phase: "Pending",
      podIPs: undefined,
    },
  });
const look = (objects: object[], params = {}) => examine(pendingTooLong, objects, { params });

describe("fires", () => {
  test("where no node takes it", () => {
    expect(look([unschedulable(700)]).open).toMatchObject([
      {
        severity: "medium",
        subject: "Pod/shop/big",
        message: "Pod shop/big is pending: no node takes it",
        evidence: { says: [says] },
      },
    ]);
  });
  test("where it does not start, and shows what its node says", () => {
    const slow = starting(700, 700);
    const mount = event("FailedMount", slow, "Unable to attach or mount volumes", 30);
    const old = event("FailedMount", slow, "long ago", 1000, "FailedMount.2");
    expect(look([slow, mount, old]).open).toMatchObject([
      {
        message: "Pod shop/slow is pending: it has not started on node-1",
        evidence: { says: ["FailedMount: Unable to attach or mount volumes"] },
      },
    ]);
  });
  test("ten minutes after it was made, or as long as is set", () => {
    const { open, next } = look([unschedulable(60)]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:09:00Z"));
    expect(look([unschedulable(60)], { after: "2s" }).open).toHaveLength(1);
  });
  test("counting from when it was scheduled, where it was", () => {
    const { open, next } = look([starting(18_000, 120)]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:08:00Z"));
  });
});

test("identity is the pod's name, whatever events come", () => {
  const [a] = look([unschedulable(700)]).open;
  const [b] = look([unschedulable(700, { uid: "later" }), event("FailedMount", unschedulable(700), "x", 3)]).open;
  expect([a?.fingerprint, a?.message]).toEqual([b?.fingerprint, b?.message]);
});

const gated = { schedulingGates: [{ name: "kueue.x-k8s.io/admission" }] };
test.each([
  ["a pod that runs", pod("web", { age: 7000 })],
  ["a pod that has ended", pod("once", { age: 7000, status: { phase: "Succeeded" } })],
  ["a pod that is held back by a gate", unschedulable(7000, {}, gated)],
  ["a pod that is being deleted", unschedulable(7000, { deleted: 5 })],
])("is silent for %s", (_, it) => expect(look([it]).open).toEqual([]));
test("is silent for a pod whose gate was just taken away", () => {
  const it = unschedulable(7000);
  it.status.conditions[0].reason = "SchedulingGated";
  expect(look([it]).open).toEqual([]);
});
