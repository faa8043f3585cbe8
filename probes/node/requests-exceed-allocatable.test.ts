import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { node, pod } from "../objects.test-kit.ts";
import { effectiveRequests } from "./effective-requests.ts";
import requestsExceedAllocatable from "./requests-exceed-allocatable.ts";

type Requests = Record<string, string>;
const asks = (requests: Requests) => ({ resources: { requests } });
const of = (name: string, requests: Requests, spec = {}, status = {}) =>
  pod(name, { spec: { containers: [{ name: "app", ...asks(requests) }], ...spec }, status });
const n1 = node("node-1", {
  status: { allocatable: { cpu: "4", memory: "16Gi", "nvidia.com/gpu": "1", pods: "110" } },
});
const look = (...objects: object[]) => examine(requestsExceedAllocatable, objects, { scan: true }).open;

describe("fires", () => {
  test("for each resource of which more is requested than there is", () => {
    expect(look(n1, of("a", { cpu: "3", memory: "10Gi" }), of("b", { cpu: "1500m", memory: "10Gi" }))).toMatchObject([
      {
        rule: "cpu",
        severity: "medium",
        subject: "Node/node-1",
        message: "The pods on node node-1 request more cpu than it has to give",
        evidence: { requested: 4.5, allocatable: 4 },
      },
      { rule: "memory" },
    ]);
  });
  test("for devices", () => {
    expect(look(n1, of("a", { "nvidia.com/gpu": "1" }), of("b", { "nvidia.com/gpu": "1" }))).toMatchObject([
      { rule: "nvidia.com/gpu" },
    ]);
  });
  test("after a minute", () => {
    const { open, next } = examine(requestsExceedAllocatable, [n1, of("a", { cpu: "5" })]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:01:00Z"));
  });
});

test("the finding and its words stay while pods come and go", () => {
  const [[a], [b]] = [look(n1, of("a", { cpu: "5" })), look(of("c", { cpu: "2" }), of("b", { cpu: "3" }), n1)];
  expect([a?.fingerprint, a?.message]).toEqual([b?.fingerprint, b?.message]);
});

test.each([
  [
    "a node that is full to the last millicore",
    [n1, ...Array.from({ length: 40 }, (_, i) => of(`p${i}`, { cpu: "100m", memory: "400Mi" }))],
  ],
  [
    "pods that have ended",
    [n1, of("a", { cpu: "5" }, {}, { phase: "Succeeded" }), of("b", { cpu: "5" }, {}, { phase: "Failed" })],
  ],
  ["a pod that no node has taken", [n1, of("a", { cpu: "5" }, { nodeName: undefined })]],
  ["a pod on a node that is gone", [n1, of("a", { cpu: "5" }, { nodeName: "node-2" })]],
  ["pods without requests", [n1, pod("a"), pod("b")]],
  ["a resource that the node does not speak of", [n1, of("a", { "ephemeral-storage": "1Ti" })]],
  [
    "a pod that wishes for more than it has",
    [
      n1,
      of("a", { cpu: "50" }, {}, { conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }] }),
    ],
  ],
  ["a node that is being deleted", [node("node-1", { deleted: 5 }), of("a", { cpu: "50" })]],
])("is silent for %s", (_, objects) => expect(look(...objects)).toEqual([]));

describe("what a pod requests", () => {
  const requests = (spec: Parameters<typeof effectiveRequests>[0]) => Object.fromEntries(effectiveRequests(spec));
  const cpu = (amount: string, more = {}) => ({ ...asks({ cpu: amount }), ...more });
  const always = { restartPolicy: "Always" };
  test.each([
    ["its containers together", { containers: [cpu("1"), cpu("2"), {}] }, 3],
    [
      "the largest init container, if that is more",
      { containers: [cpu("1")], initContainers: [cpu("5"), cpu("2")] },
      5,
    ],
    [
      "sidecars beside the containers",
      { containers: [cpu("1")], initContainers: [cpu("2", always), cpu("3", always)] },
      6,
    ],
    [
      "an init container beside the sidecars before it",
      { containers: [cpu("1")], initContainers: [cpu("2", always), cpu("4"), cpu("1", always)] },
      6,
    ],
    [
      "an init container before any sidecar by itself",
      { containers: [cpu("1")], initContainers: [cpu("4"), cpu("2", always)] },
      4,
    ],
    ["its overhead on top", { containers: [cpu("1")], overhead: { cpu: "250m" } }, 1.25],
    [
      "what it says for itself instead",
      { containers: [cpu("1"), cpu("2")], resources: { requests: { cpu: "2" } }, overhead: { cpu: "1" } },
      3,
    ],
  ])("%s", (_, spec, wanted) => expect(requests(spec)).toEqual({ cpu: wanted }));
  test("each resource by itself", () => {
    const spec = {
      containers: [asks({ cpu: "1", memory: "1Gi" })],
      initContainers: [asks({ memory: "2Gi" })],
      resources: { requests: { cpu: "3" } },
    };
    expect(requests(spec)).toEqual({ cpu: 3, memory: 2 ** 31 });
  });
});
