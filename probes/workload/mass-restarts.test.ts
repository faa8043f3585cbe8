import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { ago, container, object, pod, replicaSet, workload } from "../objects.test-kit.ts";
import massRestarts from "./mass-restarts.ts";

const set = replicaSet("web-6d4");
/** Pods of a workload; each restarted so many seconds ago, or not at all. */
const pods = (restarts: readonly (number | undefined)[], owner = set, made = {}) =>
  restarts.map((seconds, i) =>
    pod(`${owner.metadata.name}-${i}`, {
      owners: [owner],
      ...made,
      status: {
        containerStatuses: [container("proxy"), seconds === undefined ? container("app") : restarted(seconds)],
      },
    }),
  );
const restarted = (seconds: number) =>
  container("app", { lastState: { terminated: { exitCode: 1, finishedAt: ago(seconds) } }, restartCount: 1 });
const none = undefined;
const look = (objects: readonly object[], world = {}) => examine(massRestarts, objects, world);

describe("fires", () => {
  test("where more than a fifth of the pods restarted", () => {
    expect(look([set, ...pods([60, 300, 540, ...Array(7).fill(none)])]).open).toMatchObject([
      {
        severity: "high",
        subject: "ReplicaSet/shop/web-6d4",
        message: "More than 20% of the pods of ReplicaSet shop/web-6d4 restarted within 10m",
        evidence: { restarted: 3, pods: 10 },
        opens: Date.parse(ago(60)),
      },
    ]);
  });
  test("for StatefulSets and DaemonSets", () => {
    const agent = workload("apps/v1/DaemonSet", "agent");
    const db = workload("apps/v1/StatefulSet", "db");
    expect(look([agent, db, ...pods([5, 5], agent), ...pods([5, 5, none], db)]).open).toHaveLength(2);
  });
  test("counting only pods that still may run", () => {
    const failed = Array.from({ length: 10 }, (_, i) =>
      pod(`failed-${i}`, { owners: [set], status: { phase: "Failed" } }),
    );
    expect(look([set, ...failed, ...pods([60, 60, ...Array(7).fill(none)])]).open).toMatchObject([
      { evidence: { pods: 9 } },
    ]);
  });
  test("as set", () => {
    const world = [set, ...pods([60, 120, none, none])];
    expect(look(world, { params: { share: 0.5 } }).open).toEqual([]);
    expect(look(world, { params: { window: "90s" } }).open).toEqual([]);
    expect(look(world, { params: { share: 0.4, window: "3m" } }).open).toHaveLength(1);
  });
});

test("the window ends by itself", () => {
  const { next } = look([set, ...pods([60, 300])]);
  expect(next).toBe(Date.parse(ago(300)) + 600_000);
});

test("the finding and its words stay while more restart, in whatever order", () => {
  const [before] = look([set, ...pods([60, 70, none])]).open;
  const [after] = look([...pods([10, 60, 70]).toReversed(), set]).open;
  expect([after?.fingerprint, after?.message]).toEqual([before?.fingerprint, before?.message]);
});

test.each([
  ["a fifth of the pods, not more", [set, ...pods([60, 60, ...Array(8).fill(none)])]],
  ["a single pod", [set, ...pods([60])]],
  ["restarts of long ago", [set, ...pods([601, 7000, 8000])]],
  ["a workload in which nothing restarts", [set, ...pods([none, none])]],
  ["pods of a job", [workload("batch/v1/Job", "once"), ...pods([5, 5, 5], workload("batch/v1/Job", "once"))]],
  [
    "pods that failed and stayed",
    [
      set,
      ...pods([60, 60], set, { status: { phase: "Failed" } }).map((p) => ({
        ...p,
        status: { ...p.status, phase: "Failed" },
      })),
    ],
  ],
  ["pods without owner, or of a static pod's node", [...pods([5, 5], object("v1/Node", "node-1")), pod("bare")]],
])("is silent for %s", (_, objects) => expect(look(objects).open).toEqual([]));

test("pods that were replaced since do not count", () => {
  const gone = pods([60, 60, 60]);
  const now = pods([none, none, none], set, {}).map((p) => ({
    ...p,
    metadata: { ...p.metadata, uid: `${p.metadata.uid}-2` },
  }));
  expect(look([set, ...now], { gone }).open).toEqual([]);
});
