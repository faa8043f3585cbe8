import { FOR } from "../support/configs.ts";
import type { Fault } from "../support/fault.ts";
import { deployment, namespace, pod, service } from "../support/objects.ts";
import type { World } from "../support/world.ts";

/**
 * Two pods hold one IP. Patched: without a network plugin there is nobody who could give an address out twice (the
 * node's file has it for real). KWOK leaves the address of a pod that has one.
 */
export const sameIp = (name = "same-ip"): Fault => {
  const ipOf = (world: World, of: string): string | undefined => world.find("Pod", of, name)?.status.podIP;
  const give = (ip: string | undefined) => ({ status: { podIP: ip, podIPs: [{ ip }] } });
  let own: string | undefined;
  return {
    name,
    objects: [namespace(name), pod(name, "first"), pod(name, "second")],
    make: async ({ cluster, world }) => {
      own = ipOf(world, "second");
      await cluster.patch(["pod", "second", "-n", name], give(ipOf(world, "first")), "status");
    },
    mend: ({ cluster }) => cluster.patch(["pod", "second", "-n", name], give(own), "status"),
    expected: [
      {
        case: "network/duplicate-pod-ip",
        severity: "critical",
        subject: { kind: "Pod", namespace: name, name: "first" },
        for: FOR,
        shown: (world) => ipOf(world, "first") !== undefined && ipOf(world, "first") === ipOf(world, "second"),
      },
    ],
  };
};

/** A manifest was copied, and kept the labels of the first. */
const twoOwners = (): Fault => {
  const name = "two-owners";
  const labels = { team: "shop" };
  const isSelected = (world: World) => (one: any) =>
    Object.entries(world.find("Service", "shop", name)?.spec.selector ?? {}).every(
      ([label, value]) => one.metadata.labels?.[label] === value,
    );
  return {
    name,
    objects: [namespace(name), deployment(name, "front", { replicas: 2, labels }), service(name, "shop", labels)],
    make: ({ cluster }) => cluster.apply([deployment(name, "copy", { replicas: 1, labels })]),
    mend: ({ cluster }) => cluster.patch(["service", "shop", "-n", name], { spec: { selector: { app: "front" } } }),
    expected: [
      {
        case: "network/service-selects-two-owners",
        severity: "medium",
        subject: { kind: "Service", namespace: name, name: "shop" },
        for: FOR,
        shown: (world) =>
          new Set(
            world
              .all("Pod", name)
              .filter((one) => one.metadata.deletionTimestamp === undefined && isSelected(world)(one))
              .map((one) => one.metadata.labels.app),
          ).size > 1,
      },
    ],
  };
};

/** A Service's selector is mistyped: no pod matches it. */
export const typoSelector = (name = "typo-selector"): Fault => {
  const select = (app: string) => ({ spec: { selector: { app } } });
  return {
    name,
    objects: [namespace(name), deployment(name, "shop", { replicas: 1 }), service(name, "shop", { app: "shop" })],
    make: ({ cluster }) => cluster.patch(["service", "shop", "-n", name], select("shpo")),
    mend: ({ cluster }) => cluster.patch(["service", "shop", "-n", name], select("shop")),
    expected: [
      {
        case: "network/service-without-endpoints",
        severity: "high",
        subject: { kind: "Service", namespace: name, name: "shop" },
        for: FOR,
        shown: (world) =>
          world.find("Service", "shop", name) !== undefined &&
          world.all("EndpointSlice", name).every(({ endpoints }) => (endpoints ?? []).length === 0),
      },
    ],
  };
};

export const networkFaults = (): Fault[] => [sameIp(), twoOwners(), typoSelector()];
