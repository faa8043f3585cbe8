import { describe, expect, it } from "vitest";
import type { Client } from "#functions/practice/client.ts";
import { runGrant } from "../run.ts";
import { grant, node, pod, world } from "../world.test-kit.ts";

const names = (admin: Client) =>
  admin
    .list("v1/Pod")
    .map(({ metadata }) => metadata.name)
    .sort();
const ownedBy = (kind: string) => ({
  metadata: {
    ownerReferences: [
      { apiVersion: "apps/v1", kind, name: "o", uid: "00000000-0000-0000-0000-000000000001", controller: true },
    ],
  },
});

describe("a drain", () => {
  it("leaves what a DaemonSet would put back, mirror pods, what has ended, and other nodes' pods", async () => {
    const { admin, edge, timeline, store, reports } = await world();
    const n = node(admin, "n");
    const controlled = (name: string, kind: string) => {
      pod(admin, name, "n");
      admin.edit("v1/Pod", { name, namespace: "default" }, (draft: any) =>
        Object.assign(draft.metadata, ownedBy(kind).metadata),
      );
    };
    controlled("daemon", "DaemonSet");
    controlled("replica", "ReplicaSet");
    pod(admin, "mirror", "n", { metadata: { annotations: { "kubernetes.io/config.mirror": "x" } } });
    pod(admin, "ended", "n");
    admin.edit("v1/Pod", { name: "ended", namespace: "default" }, (draft: any) => {
      draft.status.phase = "Succeeded";
    });
    pod(admin, "elsewhere", "m");
    pod(admin, "alone", "n");
    await runGrant(edge("one"), grant({ timeline }, "drain", n as never, 1));
    expect(names(admin)).toEqual(["daemon", "elsewhere", "ended", "mirror"]);
    expect(reports.at(-1)).toMatchObject({ what: "succeeded", data: { message: "drained: 2 pods evicted" } });
    const job = store.objects.list("remedyoperationjobs.roundsman.dev")[0]!;
    expect(JSON.parse(job.status.evidence).more.sort()).toEqual(["default/alone", "default/replica"]);
  });

  it("reads the brake before each eviction, and says how far it came", async () => {
    const { admin, edge, timeline, reports } = await world();
    const n = node(admin, "n");
    for (const name of ["a", "b", "c"]) pod(admin, name, "n");
    let read = 0;
    const braked = edge("one", { brake: async () => (++read > 5 ? "ana pulled it" : undefined) });
    await runGrant(braked, grant({ timeline }, "drain", n as never, 1));
    expect(names(admin)).toHaveLength(2);
    expect(reports.at(-1)).toMatchObject({
      what: "failed",
      data: {
        failure: "brake",
        begun: true,
        message: expect.stringMatching(/ana pulled it. Done so far: cordoned, 1 of 3 pods evicted/),
      },
    });
  });

  it("waits for disruption budgets until its deadline, and then names who held it", async () => {
    const { admin, edge, timeline, reports, sent } = await world();
    const n = node(admin, "n");
    pod(admin, "held", "n", { metadata: { labels: { app: "held" } } });
    admin.create("policy/v1/PodDisruptionBudget", {
      metadata: { name: "guard", namespace: "default" },
      spec: { minAvailable: "100%", selector: { matchLabels: { app: "held" } } },
    } as never);
    const began = timeline.now();
    await runGrant(edge("one"), grant({ timeline }, "drain", n as never, 1, { params: { within: "2m" } }));
    expect(names(admin)).toEqual(["held"]);
    expect(timeline.now() - began).toBeGreaterThan(100_000);
    expect(sent.filter(({ path }) => path.endsWith("/eviction")).length).toBeGreaterThan(5);
    const message = expect.stringContaining(
      "default/held is held by its disruption budget (cordoned, 0 of 1 pod evicted)",
    );
    expect(reports.at(-1)).toMatchObject({ what: "failed", data: { failure: "refused", message } });
  });

  it("evicts no other pod that came under the name of one that it saw", async () => {
    const { admin, edge, timeline, sent } = await world();
    const n = node(admin, "n");
    pod(admin, "db-0", "n");
    const one = edge("one");
    const hands = {
      ...one.hands,
      async evict(seen: Parameters<typeof one.hands.evict>[0]) {
        if (
          seen.metadata.name === "db-0" &&
          names(admin).length === 1 &&
          sent.every(({ path }) => !path.endsWith("/eviction"))
        ) {
          admin.remove("v1/Pod", { name: "db-0", namespace: "default" });
          pod(admin, "db-0", "m");
        }
        return one.hands.evict(seen);
      },
    };
    await runGrant({ ...one, hands }, grant({ timeline }, "drain", n as never, 1));
    expect(admin.get("v1/Pod", { name: "db-0", namespace: "default" })?.spec?.nodeName).toBe("m");
  });
});
