import { AFTER, FOR } from "../support/configs.ts";
import { condition, type Fault } from "../support/fault.ts";
import { apiService, definition, deployment, namespace, service, webhook } from "../support/objects.ts";
import { retry } from "../support/retry.ts";
import type { World } from "../support/world.ts";

const CRD = "CustomResourceDefinition";

/** An operator was removed, and nobody is left to take its finalizer from an object of its kind. */
const crdLeftBehind = (): Fault => {
  const name = "crd-left-behind";
  const group = `${name}.example.com`;
  const crd = `leftovers.${group}`;
  const path = `/apis/${group}/v1/leftovers`;
  const held = ["leftovers", "held", "-n", name];
  const deleted = (world: World, kind: string, of: string) => world.find(kind, of)?.metadata.deletionTimestamp;
  return {
    name,
    objects: [namespace(name)],
    make: async ({ cluster, world }) => {
      await cluster.apply([definition(group, "leftovers", "Leftover")]);
      await cluster.kubectl("wait", "--for=condition=Established", `crd/${crd}`, "--timeout=30s");
      const metadata = { name: "held", namespace: name, finalizers: [`${name}.example.com/keep`] };
      // Established is said a moment before it is served.
      await retry(() => cluster.apply([{ apiVersion: `${group}/v1`, kind: "Leftover", metadata }]));
      await world.follow([{ kind: "Leftover", path }]);
      await cluster.kubectl("delete", "crd", crd, "--wait=false");
    },
    mend: ({ cluster }) => cluster.patch(held, { metadata: { finalizers: null } }),
    expected: [
      {
        case: "control-plane/dangling-crd",
        rule: "terminating",
        severity: "medium",
        subject: { kind: CRD, name: crd },
        for: FOR,
        shown: (world) => deleted(world, CRD, crd) !== undefined,
        since: (world) => deleted(world, CRD, crd),
      },
      {
        case: "workload/stuck-terminating",
        severity: "medium",
        subject: { kind: CRD, name: crd },
        for: AFTER,
        shown: (world) => deleted(world, CRD, crd) !== undefined,
        since: (world) => deleted(world, CRD, crd),
      },
      {
        case: "workload/stuck-terminating",
        severity: "medium",
        subject: { kind: "Leftover", namespace: name, name: "held" },
        for: AFTER,
        shown: (world) => deleted(world, "Leftover", "held") !== undefined,
        since: (world) => deleted(world, "Leftover", "held"),
      },
    ],
  };
};

/** Two definitions want one kind: the second is never established. */
export const crdNameTaken = (name = "crd-name-taken"): Fault => {
  const group = `${name}.example.com`;
  const crd = `second.${group}`;
  const established = (world: World) => condition(world.find(CRD, crd), "Established");
  return {
    name,
    objects: [definition(group, "first", "Taken")],
    make: ({ cluster }) => cluster.apply([definition(group, "second", "Taken")]),
    mend: ({ cluster }) => cluster.kubectl("delete", "crd", crd),
    expected: [
      {
        case: "control-plane/dangling-crd",
        rule: "not-established",
        severity: "medium",
        subject: { kind: CRD, name: crd },
        for: FOR,
        shown: (world) => established(world)?.status === "False",
        since: (world) => established(world).lastTransitionTime,
      },
    ],
  };
};

/** The Service behind an aggregated API is deleted. */
export const apiServiceGone = (port: number, name = "apiservice-gone"): Fault => {
  const group = `${name}.example.com`;
  const backend = service(name, "backend", undefined, { type: "ExternalName", externalName: "localhost", ports: [] });
  const available = (world: World) => condition(world.find("APIService", `v1.${group}`), "Available");
  return {
    name,
    objects: [namespace(name), backend, apiService(group, name, "backend", port)],
    make: ({ cluster }) => cluster.kubectl("delete", "service", "backend", "-n", name),
    mend: ({ cluster }) => cluster.apply([backend]),
    expected: [
      {
        case: "control-plane/unserved-apiservice",
        severity: "critical",
        subject: { kind: "APIService", name: `v1.${group}` },
        for: FOR,
        shown: (world) => available(world)?.status === "False",
        since: (world) => available(world).lastTransitionTime,
      },
    ],
  };
};

/** The workload behind three webhooks is scaled to zero: the Service's own want of endpoints is meant, the webhooks' is not. */
export const webhookGone = (name = "webhook-gone"): Fault => {
  const to = { service: { namespace: name, name: "hook" } };
  const hasNone = (world: World) =>
    world.all("EndpointSlice", name).every(({ endpoints }) => (endpoints ?? []).length === 0);
  const expected = (severity: "critical" | "high" | "low", kind: string, which: string) =>
    ({
      case: "control-plane/webhook-without-backend",
      severity,
      subject: { kind, name: `${name}-${which}` },
      for: FOR,
      shown: hasNone,
    }) as const;
  const [validating, mutating] = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] as const;
  const narrow = { objectSelector: { matchLabels: { "e2e.example.com/checked": "yes" } } };
  return {
    name,
    objects: [
      namespace(name),
      deployment(name, "hook", { replicas: 1 }),
      service(name, "hook", { app: "hook" }),
      webhook(validating, `${name}-wide`, to),
      webhook(validating, `${name}-narrow`, to, narrow),
      webhook(mutating, `${name}-ignored`, to, { failurePolicy: "Ignore" }),
    ],
    make: ({ cluster }) => cluster.kubectl("scale", "deployment", "hook", "-n", name, "--replicas=0"),
    mend: ({ cluster }) => cluster.kubectl("scale", "deployment", "hook", "-n", name, "--replicas=1"),
    expected: [
      expected("critical", validating, "wide"),
      expected("high", validating, "narrow"),
      expected("low", mutating, "ignored"),
    ],
  };
};

export const controlPlaneFaults = (): Fault[] => [crdLeftBehind(), crdNameTaken(), webhookGone()];
