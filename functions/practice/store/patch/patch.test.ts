import { describe, expect, it } from "vitest";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import { strategicMerge } from "./strategic-merge.ts";

describe("merge patch (the examples of RFC 7386)", () => {
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j + %j = %j", (target, patch, wanted) => {
    expect(mergePatch(target, patch)).toEqual(wanted);
  });
});

describe("JSON patch", () => {
  const target = { a: { b: [1, 2, 3] }, "c/d": 1, "e~f": 2 };

  it.each([
    [[{ op: "add", path: "/a/b/1", value: 9 }], { ...target, a: { b: [1, 9, 2, 3] } }],
    [[{ op: "add", path: "/a/b/-", value: 9 }], { ...target, a: { b: [1, 2, 3, 9] } }],
    [[{ op: "remove", path: "/a/b/0" }], { ...target, a: { b: [2, 3] } }],
    [[{ op: "replace", path: "/c~1d", value: 5 }], { ...target, "c/d": 5 }],
    [[{ op: "replace", path: "/e~0f", value: 5 }], { ...target, "e~f": 5 }],
    [[{ op: "replace", path: "/a/b/1", value: 7 }], { ...target, a: { b: [1, 7, 3] } }],
    [[{ op: "move", from: "/c~1d", path: "/a/c" }], { a: { b: [1, 2, 3], c: 1 }, "e~f": 2 }],
    [[{ op: "copy", from: "/a/b", path: "/g" }], { ...target, g: [1, 2, 3] }],
    [
      [
        { op: "test", path: "/a", value: { b: [1, 2, 3] } },
        { op: "remove", path: "/a" },
      ],
      { "c/d": 1, "e~f": 2 },
    ],
  ])("%j", (patch, wanted) => {
    const before = structuredClone(target);
    expect(jsonPatch(target, patch)).toEqual(wanted);
    expect(target).toEqual(before);
  });

  it.each([
    [[{ op: "remove", path: "/nobody" }]],
    [[{ op: "replace", path: "/nobody", value: 1 }]],
    [[{ op: "add", path: "/a/b/7", value: 1 }]],
    [[{ op: "test", path: "/a", value: 1 }]],
    [[{ op: "add", path: "/x/y", value: 1 }]],
    [[{ op: "add", path: "/__proto__/polluted", value: 1 }]],
    [[{ op: "add", path: "/__proto__", value: { polluted: 1 } }]],
    [[{ op: "dance", path: "/a" }]],
    [[{ op: "remove", path: "a" }]],
    [["remove"]],
  ])("refuses %j whole", (patch) => {
    expect(() => jsonPatch(target, patch)).toThrow("the server rejected our request due to an error in our request");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("strategic merge", () => {
  const pod = {
    containers: [
      { name: "a", image: "a:1", env: [{ name: "X", value: "1" }] },
      { name: "b", image: "b:1" },
    ],
  };

  it("merges lists by their key, however deep", () => {
    const patch = {
      containers: [
        { name: "a", env: [{ name: "Y", value: "2" }] },
        { name: "c", image: "c:1" },
      ],
    };
    expect(strategicMerge(pod, patch)).toEqual({
      containers: [
        {
          name: "a",
          image: "a:1",
          env: [
            { name: "X", value: "1" },
            { name: "Y", value: "2" },
          ],
        },
        { name: "b", image: "b:1" },
        { name: "c", image: "c:1" },
      ],
    });
  });

  it("takes out and replaces what it is told to", () => {
    expect(strategicMerge(pod, { containers: [{ name: "a", $patch: "delete" }] })).toEqual({
      containers: [{ name: "b", image: "b:1" }],
    });
    expect(strategicMerge(pod, { containers: [{ $patch: "replace" }, { name: "z" }] })).toEqual({
      containers: [{ name: "z" }],
    });
    expect(strategicMerge({ a: { b: 1, c: 2 } }, { a: { $patch: "replace", d: 3 } })).toEqual({ a: { d: 3 } });
    expect(strategicMerge({ a: { b: 1, c: 2 } }, { a: { $retainKeys: ["b", "d"], d: 3 } })).toEqual({
      a: { b: 1, d: 3 },
    });
    expect(strategicMerge({ finalizers: ["a", "b"] }, { "$deleteFromPrimitiveList/finalizers": ["a"] })).toEqual({
      finalizers: ["b"],
    });
  });

  it("keeps the order it is given", () => {
    const patch = {
      $setElementOrder: 0,
      "$setElementOrder/containers": [{ name: "c" }, { name: "a" }, { name: "b" }],
      containers: [{ name: "c", image: "c:1" }],
    };
    const { $setElementOrder: _, ...real } = patch;
    expect((strategicMerge(pod, real) as typeof pod).containers.map(({ name }) => name)).toEqual(["c", "a", "b"]);
  });

  it("knows ports of containers from ports of services", () => {
    expect(
      strategicMerge({ ports: [{ containerPort: 1, name: "x" }] }, { ports: [{ containerPort: 1, name: "y" }] }),
    ).toEqual({ ports: [{ containerPort: 1, name: "y" }] });
    expect(strategicMerge({ ports: [{ port: 1 }] }, { ports: [{ port: 2 }] })).toEqual({
      ports: [{ port: 1 }, { port: 2 }],
    });
  });

  it("merges sets, replaces other lists whole", () => {
    expect(strategicMerge({ finalizers: ["a"] }, { finalizers: ["b", "a"] })).toEqual({ finalizers: ["a", "b"] });
    expect(strategicMerge({ taints: [{ key: "a" }], args: ["x"] }, { taints: [{ key: "b" }], args: ["y"] })).toEqual({
      taints: [{ key: "b" }],
      args: ["y"],
    });
  });

  it("refuses an item without its key", () => {
    expect(() => strategicMerge(pod, { containers: [{ image: "x" }] })).toThrow(
      "does not contain declared merge key: name",
    );
  });
});
