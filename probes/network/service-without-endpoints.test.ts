import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { object, replicaSet, service, slice, workload } from "../objects.test-kit.ts";
import serviceWithoutEndpoints from "./service-without-endpoints.ts";

const scan = { scan: true };
const web = service("web");
const look = (...objects: object[]) => examine(serviceWithoutEndpoints, objects, scan).open;

describe("fires", () => {
  test("critically where no endpoint is ready", () => {
    expect(look(web, slice("web", ["unready", "gone"]))).toMatchObject([
      {
        severity: "critical",
        subject: "Service/shop/web",
        message: "Service shop/web has endpoints, but none of them is ready",
        evidence: { notReady: 2 },
      },
    ]);
  });
  test.each([
    ["an empty slice", [slice("web", [])]],
    ["no slice", []],
    ["slices of other Services only", [slice("web", ["ready"], "other"), slice("db", ["ready"])]],
  ])("where no pod matches: %s", (_, slices) => {
    expect(look(web, ...slices)).toMatchObject([
      { severity: "high", message: "Service shop/web has no endpoint: no pod that runs matches it" },
    ]);
  });
  test("after thirty seconds", () => {
    const { open, pending, next } = examine(serviceWithoutEndpoints, [web], {});
    expect(open).toEqual([]);
    expect(pending[0]?.opens).toBe(Date.parse("2026-01-01T12:00:30Z"));
    expect(next).toBe(pending[0]?.opens);
  });
  test("where another workload of the namespace is scaled to zero", () => {
    expect(look(web, slice("web", []), workload("apps/v1/Deployment", "db", { spec: { replicas: 0 } }))).toHaveLength(
      1,
    );
  });
  test("where only old revisions of its Deployment have no pods", () => {
    const deployment = workload("apps/v1/Deployment", "web", { spec: { replicas: 3 } });
    const old = { ...replicaSet("web-1", { owners: [deployment], spec: { replicas: 0 } }) };
    old.spec.template.metadata.labels = { app: "web" };
    expect(look(web, slice("web", []), deployment, old)).toHaveLength(1);
  });
  test("where its pods are broken, though a canary of it is scaled to zero", () => {
    const canary = workload("apps/v1/Deployment", "web", { spec: { replicas: 0 } });
    expect(look(web, slice("web", ["unready"]), canary)).toHaveLength(1);
  });
});

test("one finding, whether pods are there or not", () => {
  const [none] = look(web, slice("web", []));
  const [unready] = look(slice("web", [], "shop", "b"), slice("web", ["unready"]), web);
  expect(none?.fingerprint).toBe(unready?.fingerprint);
});

/** A CronJob whose pods carry the label that the Service selects. */
const cron = (app: string, more: object = {}) =>
  object("batch/v1/CronJob", "nightly", {
    namespace: "shop",
    spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template: { metadata: { labels: { app } } } } }, ...more },
  });

test("what runs by a schedule has no pod in between, and is broken while its pods are not ready", () => {
  expect(look(web, slice("web", []), cron("web"))).toEqual([]);
  expect(look(web, cron("web", { suspend: true }))).toEqual([]);
  expect(look(web, slice("web", []), cron("other"))).toHaveLength(1);
  expect(look(web, slice("web", ["unready"]), cron("web"))).toHaveLength(1);
});

describe("is silent", () => {
  test.each([
    ["one ready endpoint of several", [slice("web", ["unready", "ready"])]],
    ["a ready endpoint in a second slice", [slice("web", ["unready"]), slice("web", ["ready"], "shop", "b")]],
    ["endpoints of which nothing is said", [slice("web", ["unsaid"])]],
    ["one of which nothing is said among unready ones", [slice("web", ["unready", "unsaid"])]],
    ["pods that end but still serve", [slice("web", ["ending"])]],
  ])("with %s", (_, slices) => expect(look(web, ...slices)).toEqual([]));

  test.each([
    ["ExternalName", service("web", { spec: { type: "ExternalName", externalName: "example.com" } })],
    ["without selector", service("web", { spec: { selector: undefined } })],
    [
      "that is being deleted",
      service("web", { deleted: 10, finalizers: ["service.kubernetes.io/load-balancer-cleanup"] }),
    ],
  ])("for a Service %s", (_, it) => expect(look(it)).toEqual([]));

  test("for a headless Service with ready pods", () => {
    expect(look(service("web", { spec: { clusterIP: "None" } }), slice("web", ["ready"]))).toEqual([]);
  });

  test.each([
    ["a Deployment scaled to zero", workload("apps/v1/Deployment", "web", { spec: { replicas: 0 } })],
    ["a StatefulSet scaled to zero", workload("apps/v1/StatefulSet", "web", { spec: { replicas: 0 } })],
    ["a bare ReplicaSet scaled to zero", replicaSet("web", { spec: { replicas: 0 } })],
    [
      "a custom owner's ReplicaSet scaled to zero",
      replicaSet("web", { owners: [object("argoproj.io/v1alpha1/Rollout", "web")], spec: { replicas: 0 } }),
    ],
    ["a DaemonSet that fits no node", workload("apps/v1/DaemonSet", "web", { status: { desiredNumberScheduled: 0 } })],
    [
      "a job that is over",
      workload("batch/v1/Job", "web", { status: { conditions: [{ type: "Complete", status: "True" }] } }),
    ],
    [
      "a job that is suspended",
      workload("batch/v1/Job", "web", { status: { conditions: [{ type: "Suspended", status: "True" }] } }),
    ],
  ])("for %s", (_, it) => {
    expect(look(web, slice("web", []), it)).toEqual([]);
    expect(look(web, slice("web", ["gone"]), it)).toEqual([]);
  });
});
