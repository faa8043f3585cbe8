import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { container, pod } from "../objects.test-kit.ts";
import crashLoop from "./crash-loop.ts";

const crashing = (name: string, restartCount: number, reason = "Error", exitCode = 1) =>
  container(name, {
    lastState: { terminated: { exitCode, finishedAt: "2026-01-01T11:58:00Z", reason } },
    ready: false,
    restartCount,
    started: false,
    state: { waiting: { message: "back-off 5m0s restarting failed container", reason: "CrashLoopBackOff" } },
  });
const withStatus = (status: object, made = {}) => pod("web", { ...made, status });
const look = (it: object, params = {}) => examine(crashLoop, [it], { params }).open;

describe("fires", () => {
  test("at once for a container that has crashed often enough", () => {
    const it = withStatus({ containerStatuses: [container("proxy"), crashing("app", 7, "OOMKilled", 137)] });
    expect(look(it)).toMatchObject([
      {
        severity: "high",
        subject: "Pod/shop/web",
        message: "Container app of pod shop/web keeps crashing (OOMKilled, exit code 137)",
        evidence: { restarts: 7 },
      },
    ]);
  });
  test("for init containers and sidecars", () => {
    const it = withStatus({ phase: "Pending", initContainerStatuses: [crashing("migrate", 4)] });
    expect(look(it)[0]?.message).toContain("Container migrate");
  });
  test("for each container by itself", () => {
    const it = withStatus({ containerStatuses: [crashing("a", 3), crashing("b", 3)] });
    expect(new Set(look(it).map((f) => f.fingerprint)).size).toBe(2);
  });
  test("as early as is set", () => {
    const it = withStatus({ containerStatuses: [crashing("app", 1)] });
    expect(look(it)).toEqual([]);
    expect(look(it, { restarts: 1 })).toHaveLength(1);
  });
});

test("the finding and its words stay while it crashes on", () => {
  const [before] = look(withStatus({ containerStatuses: [crashing("app", 5), container("b")] }));
  const [after] = look(withStatus({ containerStatuses: [container("b"), crashing("app", 500)] }));
  expect([after?.fingerprint, after?.message]).toEqual([before?.fingerprint, before?.message]);
});

test.each([
  ["a pod that runs", pod("web")],
  ["one that restarted often but runs", withStatus({ containerStatuses: [container("app", { restartCount: 50 })] })],
  [
    "one that has not started yet",
    withStatus({ containerStatuses: [container("app", { state: { waiting: { reason: "ContainerCreating" } } })] }),
  ],
  [
    "a completed pod of a job",
    withStatus({
      phase: "Succeeded",
      containerStatuses: [container("app", { state: { terminated: { exitCode: 0, reason: "Completed" } } })],
    }),
  ],
  ["a pod that is ending", withStatus({ containerStatuses: [crashing("app", 5)] }, { deleted: 5 })],
  ["a pod that ends before it began", withStatus({ initContainerStatuses: [crashing("init", 5)] }, { deleted: 5 })],
  ["a pod without any status yet", withStatus({ containerStatuses: undefined })],
])("is silent for %s", (_, it) => expect(look(it)).toEqual([]));
