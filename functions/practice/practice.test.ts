import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client, Obj } from "./client.ts";
import { controllerOf } from "./controllers/pods.ts";
import { type Practice, startPractice } from "./practice.ts";
import { seededRandom } from "./random.ts";
import { whatIsWrong } from "./testing/oracle.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

const START = Date.parse("2026-11-21T12:00:00Z");

describe("the practice cluster, healthy", () => {
  const failures: unknown[] = [];
  let time: Timeline;
  let practice: Practice;
  let client: Client;

  beforeAll(async () => {
    time = createTimeline(START);
    practice = await startPractice({
      clock: time,
      random: seededRandom(5),
      faults: false,
      report: (error) => failures.push(error),
    });
    client = practice.cluster.client;
  });
  afterAll(async () => {
    await practice.close();
    expect(failures).toEqual([]);
  });

  /** What is wrong now and still a second later: somebody is always about to tidy up. */
  const wrong = () => {
    const look = () => whatIsWrong(practice.store, practice.cluster.client).map((one) => `${one.case}: ${one.subject}`);
    const first = look();
    time.advance(1_000);
    return look().filter((one) => first.includes(one));
  };

  it("is there whole when it is first seen", () => {
    expect(wrong()).toEqual([]);
    expect(client.list("v1/Node")).toHaveLength(12);
    expect(client.list("v1/Pod").length).toBeGreaterThan(55);
    expect(client.list("apps/v1/Deployment").length).toBeGreaterThan(12);
    expect(Date.parse(client.get("v1/Node", { name: "general-a-1" })!.metadata.creationTimestamp)).toBeLessThan(
      START - 11 * 24 * 3_600_000,
    );
    expect(
      client
        .list("coordination.k8s.io/v1/Lease", "kube-node-lease")
        .every(({ spec }) => START - Date.parse(spec.renewTime ?? "") <= 2_000),
    ).toBe(true);
  });

  it("holds what looks wrong and is not", () => {
    const pods = client.list("v1/Pod");
    const living = pods.filter(({ status }) => status?.phase === "Running");
    const twice = (some: readonly Obj<"v1/Pod">[]) =>
      some.length > new Set(some.map(({ status }) => status?.podIP)).size;
    expect(twice(living.filter(({ spec }) => spec.hostNetwork))).toBe(true);
    const ended = new Set(
      pods.filter(({ status }) => status?.phase === "Succeeded").map(({ status }) => status?.podIP),
    );
    expect(living.some(({ status }) => ended.has(status?.podIP))).toBe(true);
    expect(client.get("apps/v1/Deployment", { name: "recommendations", namespace: "shop" })).toMatchObject({
      spec: { paused: true },
      status: { availableReplicas: 3 },
    });
    expect(client.get("apps/v1/Deployment", { name: "old-storefront", namespace: "shop" })?.spec.replicas).toBe(0);
    expect(client.list("v1/Service").filter(({ spec }) => spec.clusterIP === "None").length).toBeGreaterThan(1);
    expect(client.list("v1/Service").some(({ spec }) => spec.publishNotReadyAddresses)).toBe(true);
    expect(client.list("v1/Service").some(({ spec }) => spec.type === "ExternalName")).toBe(true);
    expect(client.list("apps/v1/ReplicaSet").some(({ spec }) => spec.replicas === 0)).toBe(true);
    expect(client.list("v1/PersistentVolume").some(({ spec }) => !spec.claimRef)).toBe(true);
    expect(
      living.filter(({ status }) => status?.containerStatuses?.some(({ lastState }) => lastState?.terminated)),
    ).toHaveLength(1);
  });

  it("stays healthy while it lives", () => {
    const begun = practice.store.objects.revision();
    const before = new Set(client.list("v1/Pod").map(({ metadata }) => metadata.uid));
    for (let look = 0; look < 60; look++) {
      expect(wrong()).toEqual([]);
      time.advance(1_000);
    }
    expect(client.list("v1/Pod").filter(({ metadata }) => !before.has(metadata.uid)).length).toBeGreaterThan(10);
    expect(practice.store.objects.revision() - begun).toBeGreaterThan(1_000);
  });

  it("puts back what a visitor deletes", () => {
    const kinds = [
      "v1/Namespace",
      "v1/Node",
      "v1/Service",
      "apps/v1/Deployment",
      "apps/v1/StatefulSet",
      "apps/v1/DaemonSet",
    ];
    const names = () =>
      kinds.map((kind) => client.list(kind).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    const before = names();
    const [pod] = client.list("v1/Pod", "shop").filter((one) => controllerOf(one)?.kind === "ReplicaSet");
    client.remove("v1/Pod", pod!.metadata);
    client.remove("v1/Service", { name: "cart", namespace: "shop" });
    client.remove("apps/v1/Deployment", { name: "checkout", namespace: "shop" });
    client.remove("v1/Node", { name: "general-a-1" });
    client.remove("v1/Namespace", { name: "payments" });
    client.remove(
      "v1/Pod",
      { name: "kube-apiserver-general-b-1", namespace: "kube-system" },
      { gracePeriodSeconds: 0 },
    );
    client.remove("apps/v1/StatefulSet", { name: "postgres", namespace: "data" }, { propagationPolicy: "Foreground" });
    expect(names()).not.toEqual(before);
    time.advance(30_000);
    expect(wrong()).toEqual([]);
    expect(names()).toEqual(before);
    expect(
      client
        .list("apps/v1/Deployment")
        .filter(({ spec, status }) => (status?.availableReplicas ?? 0) !== spec.replicas),
    ).toEqual([]);
    expect(client.get("v1/Pod", { name: "kube-apiserver-general-b-1", namespace: "kube-system" })?.status?.phase).toBe(
      "Running",
    );
  });

  it("bears what a visitor spoils", () => {
    client.edit("apps/v1/Deployment", { name: "cart", namespace: "shop" }, (draft) => {
      draft.spec.template.spec!.containers = [];
    });
    client.edit("v1/Service", { name: "checkout", namespace: "shop" }, (draft) => {
      Object.assign(draft.spec, { ports: null });
    });
    time.advance(20_000);
    expect(client.get("apps/v1/Deployment", { name: "cart", namespace: "shop" })?.status?.availableReplicas).toBe(3);
    expect(failures).toEqual([]);
  });
});
