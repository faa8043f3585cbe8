import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, event, node, pod } from "../objects.test-kit.ts";
import taskHung from "./task-hung.ts";

const n1 = node("n1");
const says = "task java:20744 blocked for more than 120 seconds.";
const hung = event("TaskHung", n1, says, 60);
const deadlock = (status: string, reason: string) =>
  node("n1", {
    conditions: [
      conditionOf("KernelDeadlock", status, 600, {
        message: "task docker:7 blocked for more than 120 seconds.",
        reason,
      }),
    ],
  });
const look = (objects: object[], world = {}) => examine(taskHung, objects, world);

describe("fires", () => {
  test("at once where the kernel monitor's condition says so", () => {
    expect(look([deadlock("True", "DockerHung")]).open).toMatchObject([
      {
        rule: "deadlock",
        severity: "high",
        subject: "Node/n1",
        message: "A task of node n1 hangs in the kernel and does not come back (DockerHung)",
        opens: Date.parse("2026-01-01T11:50:00Z"),
      },
    ]);
  });
  test("for an event that says so, while the window lasts", () => {
    const { open, next } = look([n1, hung]);
    expect(open).toMatchObject([
      {
        rule: "hung",
        severity: "medium",
        subject: "Node/n1",
        message: "The kernel of node n1 told of a hung task within the last 10m",
        evidence: { says: [says] },
      },
    ]);
    expect(next).toBe(Date.parse("2026-01-01T12:09:00Z"));
    expect(look([n1, hung], { params: { window: "30s" } }).open).toEqual([]);
  });
  test("also when the event itself was deleted", () => {
    expect(look([n1], { gone: [hung] }).open).toHaveLength(1);
  });
  test("once where both say so", () => {
    expect(look([deadlock("True", "DockerHung"), hung]).open).toMatchObject([{ rule: "deadlock" }]);
  });
});

test("the finding and its words stay while more tasks hang, in whatever order", () => {
  const more = event("TaskHung", n1, "task dd:1 blocked for more than 120 seconds.", 5, "TaskHung.2");
  const [[a], [b]] = [look([n1, hung]).open, look([more, hung, n1]).open];
  expect([a?.fingerprint, a?.message]).toEqual([b?.fingerprint, b?.message]);
});

test.each([
  ["a node without the monitor", [n1]],
  ["a kernel without deadlock", [deadlock("False", "KernelHasNoDeadlock")]],
  ["a node of which nothing is known", [deadlock("Unknown", "")]],
  ["an event of long ago", [n1, event("TaskHung", n1, says, 601)]],
  ["an event of a node that is gone", [node("n2"), hung]],
  ["other events of the node", [n1, event("OOMKilling", n1, "killed", 5)]],
  ["an event of something else", [n1, event("TaskHung", pod("n1"), says, 5)]],
])("is silent for %s", (_, objects) => expect(look(objects).open).toEqual([]));
