import { describe, expect, it } from "vitest";
import type { Client } from "#functions/practice/client.ts";
import type { KindName } from "../kinds.ts";
import { node, pod } from "../world.test-kit.ts";
import { OPERATIONS } from "./index.ts";
import { type Example, operationContract } from "./operation.test-kit.ts";

const at = { name: "it", namespace: "default" };
const makeNode = (admin: Client) => node(admin, "it");
const theNode = (admin: Client): any => admin.get("v1/Node", { name: "it" });
const makePod = (admin: Client) => pod(admin, "it", "elsewhere");

const template = { metadata: { labels: { app: "it" } }, spec: { containers: [{ name: "c", image: "e.example/c:1" }] } };
const makeWorkload = (kind: string) => (admin: Client) =>
  admin.create(kind, {
    metadata: { ...at },
    spec: { ...(kind !== "apps/v1/DaemonSet" && { replicas: 2 }), selector: { matchLabels: { app: "it" } }, template },
    status: { replicas: 2 },
  } as never);
/** What the workload's controller would say once it is done. */
const settle = (kind: string) => (admin: Client) =>
  admin.edit(kind, at, (draft: any) => {
    const n = draft.spec.replicas ?? 2;
    const counts =
      kind === "apps/v1/DaemonSet"
        ? { desiredNumberScheduled: n, updatedNumberScheduled: n, numberReady: n }
        : { replicas: n, updatedReplicas: n, readyReplicas: n };
    draft.status = { ...counts, observedGeneration: draft.metadata.generation };
  });

const makers: Readonly<Record<KindName, (admin: Client) => any>> = {
  "v1/Node": makeNode,
  "v1/Pod": makePod,
  "apps/v1/Deployment": makeWorkload("apps/v1/Deployment"),
  "apps/v1/StatefulSet": makeWorkload("apps/v1/StatefulSet"),
  "apps/v1/DaemonSet": makeWorkload("apps/v1/DaemonSet"),
};
const onEach = (kinds: readonly KindName[], more: (kind: KindName) => Omit<Example, "kind" | "make">): Example[] =>
  kinds.map((kind) => ({ kind, make: makers[kind], ...more(kind) }));
const theTarget = (admin: Client, kind: KindName): any => admin.get(kind, kind === "v1/Node" ? { name: "it" } : at);

const cordoned = (admin: Client) => expect(theNode(admin).spec?.unschedulable).toBe(true);
const byKubectl = (admin: Client) =>
  admin.edit("v1/Node", { name: "it" }, (draft: any) => {
    draft.spec = { ...draft.spec, unschedulable: true };
  });
const ours = (fields: object, annotations: object) => (admin: Client) => {
  const made: any = makeNode(admin);
  admin.edit("v1/Node", { name: "it" }, (draft: any) => {
    draft.spec = fields;
    draft.metadata.annotations = annotations;
  });
  return made;
};

const TAINT = { key: "e.example/broken", effect: "NoSchedule" };
const tainted = (admin: Client) => expect(theNode(admin).spec?.taints).toContainEqual(TAINT);
/** A disruption budget that allows nothing, until somebody else sees to it. */
const guard = (admin: Client) =>
  admin.create("policy/v1/PodDisruptionBudget", {
    metadata: { name: "guard", namespace: "default" },
    spec: { maxUnavailable: 0, selector: { matchLabels: { app: "guarded" } } },
  } as never);
const unguard = (admin: Client) =>
  admin.remove("policy/v1/PodDisruptionBudget", { name: "guard", namespace: "default" });
const guarded = { metadata: { labels: { app: "guarded" } } };
const gone = (admin: Client) => expect(admin.get("v1/Pod", at)).toBeUndefined();

const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  cordon: [{ kind: "v1/Node", make: makeNode, done: cordoned, foreign: byKubectl }],
  uncordon: [
    {
      kind: "v1/Node",
      make: ours({ unschedulable: true }, { "roundsman.dev/cordoned": "3" }),
      done: (admin) => expect(theNode(admin).spec?.unschedulable).toBeUndefined(),
    },
  ],
  taint: [
    {
      kind: "v1/Node",
      make: makeNode,
      params: TAINT,
      done: tainted,
      foreign: (admin) =>
        admin.edit("v1/Node", { name: "it" }, (draft: any) => {
          draft.spec = { taints: [TAINT] };
        }),
    },
  ],
  untaint: [
    {
      kind: "v1/Node",
      make: ours({ taints: [TAINT] }, { "taint.roundsman.dev/e.example_broken": "3" }),
      params: TAINT,
      done: (admin) => expect(theNode(admin).spec?.taints ?? []).toEqual([]),
    },
  ],
  evict: [
    {
      kind: "v1/Pod",
      make(admin) {
        unguard(admin);
        guard(admin);
        return pod(admin, "it", "elsewhere", guarded);
      },
      settle: unguard,
      done: gone,
    },
  ],
  "delete-pod": [{ kind: "v1/Pod", make: makePod, params: { graceSeconds: 0 }, done: gone }],
  drain: [
    {
      kind: "v1/Node",
      make(admin) {
        const made = makeNode(admin);
        if (!admin.get("v1/Pod", { name: "one", namespace: "default" }))
          for (const name of ["one", "two"]) pod(admin, name, "it", name === "two" ? guarded : {});
        unguard(admin);
        guard(admin);
        return made;
      },
      settle: unguard,
      done(admin) {
        cordoned(admin);
        expect(admin.list("v1/Pod")).toEqual([]);
      },
      foreign: byKubectl,
    },
  ],
  annotate: onEach(["v1/Node", "v1/Pod", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"], (kind) => ({
    params: { annotations: { "e.example/seen": "yes" } },
    done: (admin) => expect(theTarget(admin, kind).metadata.annotations).toMatchObject({ "e.example/seen": "yes" }),
  })),
  scale: onEach(["apps/v1/Deployment", "apps/v1/StatefulSet"], (kind) => ({
    params: { replicas: 5 },
    settle: settle(kind),
    done: (admin) => expect(theTarget(admin, kind).spec.replicas).toBe(5),
  })),
  "rollout-restart": onEach(["apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"], (kind) => ({
    settle: settle(kind),
    done: (admin) =>
      expect(theTarget(admin, kind).spec.template.metadata).toMatchObject({
        annotations: { "roundsman.dev/restarted": "7" },
        labels: { app: "it" },
      }),
  })),
  webhook: onEach(["v1/Node", "v1/Pod", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"], () => ({
    params: { url: "https://repair.example/reboot", data: { how: "hard" } },
    done: (_, posted) =>
      expect(posted).toMatchObject([
        { type: "dev.roundsman.remedy.requested.v1", data: { cluster: "test", fence: 7, data: { how: "hard" } } },
      ]),
  })),
};

describe.each(OPERATIONS.map((operation) => [operation.name, operation] as const))("%s", (name, operation) => {
  operationContract(operation, EXAMPLES[name]!);
});

it("every operation has examples, and a name of its own", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(OPERATIONS.map(({ name }) => name).sort());
});
