import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, node } from "../objects.test-kit.ts";
import pressure from "./pressure.ts";

const under = (types: string[], seconds = 90, made = {}) =>
  node("n1", { ...made, conditions: types.map((type) => conditionOf(type, "True", seconds, { reason: "Kubelet" })) });
const look = (it: object) => examine(pressure, [it]).open;

describe("fires", () => {
  test.each([
    ["MemoryPressure", "memory"],
    ["DiskPressure", "disk space"],
    ["PIDPressure", "process ids"],
  ])("for %s", (rule, what) => {
    expect(look(under([rule]))).toMatchObject([
      { rule, severity: "medium", subject: "Node/n1", message: `Node n1 is short of ${what} and evicts pods` },
    ]);
  });
  test("for each by itself", () => {
    expect(new Set(look(under(["MemoryPressure", "DiskPressure"])).map((f) => f.fingerprint)).size).toBe(2);
  });
  test("a minute after it began", () => {
    const { open, next } = examine(pressure, [under(["DiskPressure"], 20)]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:00:40Z"));
  });
});

test("the finding stays one while other conditions come and go", () => {
  const [a] = look(under(["PIDPressure"]));
  const b = look(under(["DiskPressure", "PIDPressure"])).find((f) => f.rule === "PIDPressure");
  expect(a?.fingerprint).toBe(b?.fingerprint);
});

test.each([
  ["a node without pressure", node("n1")],
  ["a node of which nothing is known", node("n1", { conditions: [conditionOf("DiskPressure", "Unknown", 90)] })],
  ["a node whose network is not set up", under(["NetworkUnavailable"])],
  ["a node that is being deleted, short of memory", under(["MemoryPressure"], 90, { deleted: 5 })],
  ["a node that is being deleted, short of disk space", under(["DiskPressure"], 90, { deleted: 5 })],
  ["a node that is being deleted, short of process ids", under(["PIDPressure"], 90, { deleted: 5 })],
])("is silent for %s", (_, it) => expect(look(it)).toEqual([]));
