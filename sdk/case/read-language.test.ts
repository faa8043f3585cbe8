import { describe, expect, test } from "vitest";
import { holds, keysOf, walk } from "../testing/walk.ts";
import { compileKeys } from "./keys.ts";
import { compileWalk, readPath, valuesAt } from "./path.ts";
import { compilePick, readPick, sameJson } from "./pick.ts";
import type { By } from "./read.ts";
import { compileWhere } from "./where.ts";

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "d", uid: "u", labels: { app: "x", "k8s.io/x": "1" }, annotations: { a: "b" } },
  spec: {
    nodeName: "n",
    hostNetwork: false,
    containers: [
      {
        name: "a",
        env: [
          { name: "TOKEN", value: "s3cret" },
          { name: "F", valueFrom: { fieldRef: {} } },
        ],
        ports: [{ port: 1 }, { port: 2 }],
      },
      { name: "b", ports: [{ port: 2 }] },
    ],
  },
  status: {
    phase: "Running",
    empty: "",
    nothing: null,
    podIPs: [{ ip: "10.0.0.1" }, { ip: "" }, { ip: "10.0.0.2" }],
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Other", status: "False" },
    ],
  },
};

// The compiled form and the interpreter (sdk/testing/walk.ts) were written apart and must agree.
describe("paths", () => {
  test.each<[string, unknown[]]>([
    ["status.phase", ["Running"]],
    ["status.nothing", []],
    ["status.phase.length", []],
    ["spec.containers.length", []],
    ["spec.containers[].name", ["a", "b"]],
    ["spec.containers[].ports[].port", [1, 2, 2]],
    ["status.conditions[type=Ready].status", ["True"]],
    ["metadata.labels['k8s.io/x']", ["1"]],
    ["metadata.labels[$label]", ["x"]],
    ["spec.hostNetwork", [false]],
    ["status.toString", []],
  ])("%s", (path, values) => {
    const params = { label: "app" };
    expect(valuesAt(compileWalk(readPath(path, params, "x")), pod)).toEqual(values);
    expect(walk(pod, path, params)).toEqual(values);
  });

  test.each(["", ".a", "a..b", "a[", "a]b", "a.__proto__.b", "a.constructor", "a[]b", "a['x", "x".repeat(600)])(
    "%j is refused",
    (path) => expect(() => readPath(path, {}, "case: by")).toThrow(/case: by: the path/),
  );
});

describe("keys", () => {
  test.each<[By, string[][]]>([
    ["metadata.uid", [["u"]]],
    ["status.empty", []],
    ["status.missing", []],
    ["status.podIPs[].ip", [["10.0.0.1"], ["10.0.0.2"]]],
    ["spec.containers[].ports[].port", [["1"], ["2"]]],
    [["metadata.namespace", "metadata.name"], [["d", "p"]]],
    [["metadata.namespace", "status.missing"], []],
    [[], [[]]],
    [
      ["spec.containers[].name", "metadata.name", "spec.containers[].ports[].port"],
      [
        ["a", "p", "1"],
        ["a", "p", "2"],
        ["b", "p", "2"],
      ],
    ],
    [
      ["spec.containers[].name", "status.podIPs[].ip"],
      [
        ["a", "10.0.0.1"],
        ["a", "10.0.0.2"],
        ["b", "10.0.0.1"],
        ["b", "10.0.0.2"],
      ],
    ],
    [["status.conditions[type=Ready].type", "status.conditions[type=Ready].status"], [["Ready", "True"]]],
    ["spec.containers", []],
  ])("%j", (by, keys) => {
    const sorted = (all: readonly (readonly string[])[]) => all.map((k) => JSON.stringify(k)).sort();
    expect(sorted(compileKeys(by, {}, "x")(pod))).toEqual(sorted(keys));
    expect(sorted(keysOf(pod, by, {}))).toEqual(sorted(keys));
  });
});

describe("where", () => {
  test.each<[any, boolean]>([
    [{ "status.phase": "Running" }, true],
    [{ "status.phase": ["Failed", "Running"] }, true],
    [{ "status.phase": { not: "Running" } }, false],
    [{ "status.phase": { not: ["Failed", "Succeeded"] } }, true],
    [{ "status.missing": { not: "x" } }, true],
    [{ "status.nothing": { exists: false } }, true],
    [{ "status.empty": { exists: true } }, true],
    [{ "status.podIPs[].ip": "10.0.0.2" }, true],
    [{ "status.podIPs[].ip": { not: "10.0.0.2" } }, false],
    [{ "status.phase": "$phase" }, true],
    [{ "status.phase": "$phases" }, true],
    [{ "status.phase": { not: "$phases" } }, false],
    [{ "status.phase": "Running", "spec.nodeName": "other" }, false],
    [[{ "status.phase": "Failed" }, { "spec.nodeName": "n" }], true],
    [{ "spec.hostNetwork": false }, true],
    [{ "spec.hostNetwork": { not: true } }, true],
    [[], false],
  ])("%j", (where, wanted) => {
    const params = { phase: "Running", phases: ["Running", "Pending"] };
    expect(compileWhere(where, params, "x")!(pod)).toBe(wanted);
    expect(holds(pod, where, params)).toBe(wanted);
  });
});

describe("pick", () => {
  const project = (pick: string[] | undefined) => compilePick([readPick(pick, {}, "x")]).project(pod);
  const meta = { name: "p", namespace: "d", uid: "u", labels: pod.metadata.labels };

  test("keeps the picked paths, and names, labels, owners and timestamps always", () => {
    expect(project(["spec.nodeName", "status.conditions[].type"])).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: meta,
      spec: { nodeName: "n" },
      status: { conditions: [{ type: "Ready" }, { type: "Other" }] },
    });
  });
  test("[x=y] keeps the elements that match", () => {
    expect(project(["status.conditions[type=Ready].status"]).status.conditions).toEqual([
      { type: "Ready", status: "True" },
    ]);
  });
  test("a projection of a wider projection is the same as of the object", () => {
    const narrow = [readPick(["status.conditions[type=Ready].status"], {}, "x")];
    const wide = [...narrow, readPick(["status.conditions[].type", "spec.containers[]"], {}, "y")];
    const one = compilePick(narrow);
    expect(one.project(compilePick(wide).project(pod))).toEqual(one.project(pod));
  });
  test.each([[undefined], [["spec"]], [["spec.containers"]], [["spec.containers[]"]], [["spec.containers[].env"]]])(
    "environment values and unread annotations never leave: %j",
    (pick) => {
      const text = JSON.stringify(project(pick));
      expect(text).not.toContain("s3cret");
      expect(text).not.toContain("annotations");
      expect(text).toContain("TOKEN");
    },
  );
  test("annotations that are picked are read, but never kubectl's copy of the object", () => {
    const annotated = {
      ...pod,
      metadata: {
        ...pod.metadata,
        annotations: { a: "b", "kubectl.kubernetes.io/last-applied-configuration": "s3cret" },
      },
    };
    const picked = compilePick([readPick(["metadata.annotations"], {}, "x")]).project(annotated);
    expect(picked.metadata.annotations).toEqual({ a: "b" });
  });
  test("a pod template's environment is left out too", () => {
    const template = { metadata: { annotations: { x: "s3cret" } }, spec: pod.spec };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: meta, spec: { template } };
    for (const pick of [["spec"], ["spec.template"], ["spec.template.spec"], undefined])
      expect(JSON.stringify(compilePick([readPick(pick, {}, "x")]).project(deployment))).not.toContain("s3cret");
  });
  test("a change elsewhere is no change", () => {
    const { same } = compilePick([readPick(["spec.nodeName"], {}, "x")]);
    expect(same(pod, { ...pod, status: { phase: "Failed" } })).toBe(true);
    expect(same(pod, { ...pod, spec: { ...pod.spec, nodeName: "m" } })).toBe(false);
    expect(same(pod, { ...pod, metadata: { ...pod.metadata, labels: {} } })).toBe(false);
  });
  test("equality is JSON's, and null is absent", () => {
    expect(sameJson({ a: [1, { b: null }] }, { a: [1, {}] })).toBe(true);
    expect(sameJson({ a: [1] }, { a: [1, 2] })).toBe(false);
    expect(sameJson({ a: 1 }, { a: "1" })).toBe(false);
    expect(sameJson([], {})).toBe(false);
  });
});
