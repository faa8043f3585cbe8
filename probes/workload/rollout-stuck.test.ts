import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, object, pod, workload } from "../objects.test-kit.ts";
import { allowance } from "./rollout-pace.ts";
import rolloutStuck from "./rollout-stuck.ts";

const look = (...objects: object[]) => examine(rolloutStuck, objects);
const at = (seconds: number) => Date.parse("2026-01-01T12:00:00Z") - seconds * 1000;
const unready = (age: number, turned = age) => ({
  age,
  status: { conditions: [conditionOf("Ready", "False", turned)] },
});

describe("of a Deployment", () => {
  const failed = (reason: string, spec = {}) =>
    workload("apps/v1/Deployment", "web", {
      spec: { replicas: 3, ...spec },
      status: {
        conditions: [
          conditionOf("Available", "True", 9000),
          conditionOf("Progressing", "False", 60, {
            message: 'ReplicaSet "web-6d4" has timed out progressing.',
            reason,
          }),
        ],
      },
    });
  test("fires at once when its own deadline has passed", () => {
    expect(look(failed("ProgressDeadlineExceeded")).open).toMatchObject([
      {
        rule: "deadline",
        severity: "high",
        subject: "Deployment/shop/web",
        message: "The rollout of Deployment shop/web made no progress within its deadline",
        opens: at(60),
      },
    ]);
  });
  test("waits where it fails for another reason", () => {
    expect(look(failed("FailedCreate"))).toMatchObject({ open: [], next: at(60) + 600_000 });
  });
  test.each([
    ["is paused", failed("ProgressDeadlineExceeded", { paused: true })],
    ["is scaled to zero", failed("ProgressDeadlineExceeded", { replicas: 0 })],
    [
      "goes on",
      workload("apps/v1/Deployment", "web", {
        spec: { replicas: 3 },
        status: {
          conditions: [conditionOf("Progressing", "True", 9000, { reason: "ReplicaSetUpdated" })],
          updatedReplicas: 1,
        },
      }),
    ],
    [
      "was paused and resumed",
      workload("apps/v1/Deployment", "web", {
        status: { conditions: [conditionOf("Progressing", "Unknown", 9000, { reason: "DeploymentResumed" })] },
      }),
    ],
  ])("is silent while it %s", (_, it) => expect(look(it)).toEqual({ open: [], pending: [] }));
});

describe("of a StatefulSet", () => {
  const db = (status: object, spec = {}, rollingUpdate = {}) =>
    workload("apps/v1/StatefulSet", "db", {
      spec: {
        replicas: 3,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0, ...rollingUpdate } },
        ...spec,
      },
      status: {
        availableReplicas: 2,
        collisionCount: 0,
        currentRevision: "db-1",
        readyReplicas: 2,
        replicas: 3,
        updateRevision: "db-2",
        updatedReplicas: 1,
        ...status,
      },
    });
  const stuck = db({});
  const of = (revision: string) => ({ labels: { "controller-revision-hash": revision }, owners: [stuck] });

  test("fires ten minutes after its youngest new pod began, and names it", () => {
    expect(look(stuck, pod("db-2", { ...of("db-2"), ...unready(700) })).open).toMatchObject([
      {
        rule: "not-ready",
        subject: "StatefulSet/shop/db",
        related: ["Pod/shop/db-2"],
        message: "The rollout of StatefulSet shop/db waits for pod db-2, which does not become ready",
        opens: at(100),
      },
    ]);
    expect(look(stuck, pod("db-2", { ...of("db-2"), ...unready(60) })).open).toEqual([]);
  });
  test("counts from when that pod stopped being ready", () => {
    expect(look(stuck, pod("db-2", { ...of("db-2"), ...unready(7000, 60) })).next).toBe(at(60) + 600_000);
  });
  test("fires where the last pod of all does not become ready", () => {
    const last = db({ updatedReplicas: 3 });
    expect(look(last, pod("db-0", { ...of("db-2"), ...unready(700) })).open).toHaveLength(1);
  });
  test("fires where it stands still though no new pod is to blame, ten minutes after that was seen", () => {
    const old = pod("db-0", { ...of("db-1"), ...unready(7000) });
    expect(look(stuck, old)).toMatchObject({ open: [], pending: [{ rule: "standing" }], next: at(-600) });
  });
  test.each([
    ["is ready", {}],
    ["has failed", { status: { ...unready(700).status, phase: "Failed" } }],
    ["is ending", { ...unready(700), deleted: 600 }],
  ])("does not blame a new pod that %s", (_, made) => {
    expect(look(stuck, pod("db-2", { ...of("db-2"), ...made })).pending).toMatchObject([{ rule: "standing" }]);
  });
  test("the finding stays one, whatever order its pods come in", () => {
    const pods = [pod("db-2", { ...of("db-2"), ...unready(700) }), pod("db-0", { ...of("db-1"), ...unready(9000) })];
    const [a, b] = [look(stuck, ...pods).open, look(...pods.toReversed(), stuck).open];
    expect(a[0]?.fingerprint).toBe(b[0]?.fingerprint);
  });
  test.each([
    ["has nothing to roll out", db({ currentRevision: "db-2", updatedReplicas: 3, readyReplicas: 3 })],
    ["has nothing to roll out and a broken pod", db({ currentRevision: "db-2", updatedReplicas: 3 })],
    ["has rolled out up to its partition", db({ readyReplicas: 3 }, {}, { partition: 2 })],
    ["keeps back all by its partition", db({ updatedReplicas: undefined }, {}, { partition: 3 })],
    ["is updated by hand (OnDelete)", db({}, { updateStrategy: { type: "OnDelete" } })],
    ["is scaled to zero", db({ updatedReplicas: undefined, readyReplicas: undefined }, { replicas: 0 })],
  ])("is silent where it %s", (_, it) => expect(look(it)).toEqual({ open: [], pending: [] }));
});

describe("of a DaemonSet", () => {
  const agent = (status: object, rollingUpdate: object = { maxSurge: 0, maxUnavailable: 1 }, type = "RollingUpdate") =>
    workload("apps/v1/DaemonSet", "agent", {
      annotations: { "deprecated.daemonset.template.generation": "2" },
      spec: { updateStrategy: { rollingUpdate, type } },
      status: {
        currentNumberScheduled: 20,
        desiredNumberScheduled: 20,
        numberMisscheduled: 0,
        numberReady: 19,
        numberUnavailable: 1,
        updatedNumberScheduled: 4,
        ...status,
      },
    });
  const stuck = agent({});
  const of = (generation: string, owner = stuck) => ({
    labels: { "pod-template-generation": generation },
    owners: [owner],
  });

  test("fires ten minutes after its youngest new pod began", () => {
    expect(look(stuck, pod("agent-a", { ...of("2"), ...unready(700) })).open).toMatchObject([
      { rule: "not-ready", subject: "DaemonSet/shop/agent", related: ["Pod/shop/agent-a"], opens: at(100) },
    ]);
  });
  test("waits while it may still start pods", () => {
    const wide = agent({ numberUnavailable: 1 }, { maxSurge: 0, maxUnavailable: "20%" });
    const bad = (n: number) =>
      Array.from({ length: n }, (_, i) => pod(`agent-${i}`, { ...of("2", wide), ...unready(7000) }));
    expect(look(wide, ...bad(3))).toEqual({ open: [], pending: [] });
    expect(look(wide, ...bad(4)).open[0]?.message).toBe(
      "The rollout of DaemonSet shop/agent waits for pods that do not become ready",
    );
  });
  test("does not blame an old pod on a node that was lost long ago", () => {
    expect(look(stuck, pod("agent-a", { ...of("1"), ...unready(90_000) }))).toMatchObject({
      open: [],
      pending: [{ rule: "standing" }],
    });
  });
  test.each([
    [
      "is done, with an unready pod on a lost node",
      [agent({ updatedNumberScheduled: 20 }), pod("a", { ...of("2"), ...unready(9000) })],
    ],
    ["is updated by hand (OnDelete)", [agent({}, {}, "OnDelete")]],
    [
      "fits no node",
      [agent({ desiredNumberScheduled: 0, numberUnavailable: undefined, updatedNumberScheduled: undefined })],
    ],
  ])("is silent where it %s", (_, objects) => expect(look(...objects)).toEqual({ open: [], pending: [] }));
});

test("pods of other workloads are nobody's here", () => {
  const set = object("apps/v1/ReplicaSet", "web-6d4", { namespace: "shop" });
  expect(look(set, pod("web", { owners: [set], ...unready(9000) }))).toEqual({ open: [], pending: [] });
});

test.each([
  [undefined, 10, 1],
  [0, 10, 1],
  [3, 10, 3],
  ["25%", 10, 3],
  ["1%", 10, 1],
])("an allowance of %s of %i is %i", (given, all, allowed) => expect(allowance(given, all)).toBe(allowed));
