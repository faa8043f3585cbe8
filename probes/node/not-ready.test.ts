import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, node } from "../objects.test-kit.ts";
import notReady from "./not-ready.ts";

const ready = (status: string, seconds: number, more = {}) => ({
  conditions: [conditionOf("Ready", status, seconds, more)],
});
const down = ready("False", 60, { message: "container runtime is down", reason: "KubeletNotReady" });
const look = (it: object) => examine(notReady, [it]).open;

describe("fires", () => {
  test("where the kubelet says that it is not ready", () => {
    expect(look(node("n1", down))).toMatchObject([
      {
        severity: "critical",
        subject: "Node/n1",
        message: "Node n1 is not ready: its kubelet says so",
        evidence: { reason: "KubeletNotReady", says: "container runtime is down" },
      },
    ]);
  });
  test("where the kubelet is silent", () => {
    expect(look(node("n1", ready("Unknown", 60)))[0]?.message).toBe(
      "Node n1 is not ready: its kubelet no longer reports",
    );
  });
  test("where it never spoke", () => {
    const it = node("n1", { age: 60, status: { conditions: undefined } });
    expect(look(it)[0]?.message).toBe("Node n1 is not ready: its kubelet never reported");
  });
  test("less loudly where someone has cordoned it", () => {
    expect(look(node("n1", { ...down, spec: { unschedulable: true } }))).toMatchObject([
      { severity: "medium", message: "Node n1 is not ready: its kubelet says so; it is cordoned" },
    ]);
  });
  test("forty seconds after it turned, whatever its heartbeat does", () => {
    const at = (beat: string) => examine(notReady, [node("n1", ready("False", 10, { lastHeartbeatTime: beat }))]);
    const { open, next } = at("2026-01-01T11:59:59Z");
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:00:30Z"));
    expect(at("2026-01-01T11:59:00Z")).toEqual(at("2026-01-01T11:59:59Z"));
  });
});

test("the finding stays one while the reason changes", () => {
  expect(look(node("n1", ready("Unknown", 60)))[0]?.fingerprint).toBe(look(node("n1", down))[0]?.fingerprint);
});

const taint = (key: string) => ({
  ...down,
  spec: {
    taints: [
      { effect: "NoSchedule", key: "node.kubernetes.io/not-ready" },
      { effect: "NoSchedule", key },
    ],
  },
});
test.each([
  ["a node that is ready", node("n1")],
  ["a node that is ready and cordoned", node("n1", { spec: { unschedulable: true } })],
  ["a node that is being deleted", node("n1", { ...down, deleted: 5 })],
  ["a node that its cloud has not set up yet", node("n1", taint("node.cloudprovider.kubernetes.io/uninitialized"))],
  ["a node that an autoscaler takes away", node("n1", taint("ToBeDeletedByClusterAutoscaler"))],
])("is silent for %s", (_, it) => expect(look(it)).toEqual([]));
