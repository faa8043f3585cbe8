import { FOR } from "../support/configs.ts";
import type { Fault } from "../support/fault.ts";
import { claim, namespace, volume } from "../support/objects.ts";
import type { World } from "../support/world.ts";

const CASE = "storage/dangling-volume";
/** Of a volume that is not on its way out. */
const phase = (world: World, of: string): string | undefined => {
  const volume = world.find("PersistentVolume", of);
  return volume?.metadata.deletionTimestamp === undefined ? volume?.status.phase : undefined;
};
const since = (of: string) => (world: World) => world.find("PersistentVolume", of).status.lastPhaseTransitionTime;

/** A claim is deleted, its volume is kept. */
const releasedVolume = (): Fault => {
  const name = "released-volume";
  return {
    name,
    objects: [namespace(name), volume(name, name, "data"), claim(name, "data", name)],
    make: ({ cluster }) => cluster.kubectl("delete", "pvc", "data", "-n", name),
    mend: ({ cluster }) => cluster.patch(["pv", name], { spec: { claimRef: null } }),
    expected: [
      {
        case: CASE,
        rule: "released",
        severity: "low",
        subject: { kind: "PersistentVolume", name },
        for: FOR,
        shown: (world) => phase(world, name) === "Released",
        since: since(name),
      },
    ],
  };
};

/** A claim is deleted, and its volume cannot be: the plugin removes nothing outside of /tmp. */
export const failedVolume = (name = "failed-volume"): Fault => {
  return {
    name,
    objects: [
      namespace(name),
      volume(name, name, "data", { persistentVolumeReclaimPolicy: "Delete" }),
      claim(name, "data", name),
    ],
    make: ({ cluster }) => cluster.kubectl("delete", "pvc", "data", "-n", name),
    mend: ({ cluster }) => cluster.kubectl("delete", "pv", name),
    expected: [
      {
        case: CASE,
        rule: "failed",
        severity: "medium",
        subject: { kind: "PersistentVolume", name },
        for: FOR,
        shown: (world) => phase(world, name) === "Failed",
        since: since(name),
      },
    ],
  };
};

/** A bound volume is forced away, and made again by its name. */
const lostVolume = (): Fault => {
  const name = "lost-volume";
  const claimOf = (world: World) => world.find("PersistentVolumeClaim", "data", name);
  return {
    name,
    objects: [namespace(name), volume(name, name, "data"), claim(name, "data", name)],
    make: async ({ cluster }) => {
      await cluster.kubectl("delete", "pv", name, "--wait=false");
      await cluster.patch(["pv", name], { metadata: { finalizers: null } });
    },
    mend: ({ cluster, world }) =>
      cluster.apply([
        volume(name, name, "data", {
          claimRef: { namespace: name, name: "data", uid: claimOf(world).metadata.uid },
        }),
      ]),
    expected: [
      {
        case: CASE,
        rule: "volume-lost",
        severity: "critical",
        subject: { kind: "PersistentVolumeClaim", namespace: name, name: "data" },
        for: FOR,
        shown: (world) => claimOf(world)?.status.phase === "Lost",
      },
    ],
  };
};

/** A claim goes while the controller that would release its volume does not run. */
export const forgottenVolume = (): Fault => {
  const name = "forgotten-volume";
  return {
    name,
    objects: [namespace(name), volume(name, name, "data"), claim(name, "data", name)],
    make: async ({ cluster }) => {
      await cluster.kubectl("delete", "pvc", "data", "-n", name, "--wait=false");
      // The controller that should say that no pod uses it is the same.
      await cluster.patch(["pvc", "data", "-n", name], { metadata: { finalizers: null } });
    },
    mend: async ({ cluster }) => {
      await cluster.kubectl("delete", "pv", name, "--wait=false");
      await cluster.patch(["pv", name], { metadata: { finalizers: null } });
    },
    expected: [
      {
        case: CASE,
        rule: "claim-gone",
        severity: "low",
        subject: { kind: "PersistentVolume", name },
        for: FOR,
        shown: (world) =>
          phase(world, name) === "Bound" && world.find("PersistentVolumeClaim", "data", name) === undefined,
      },
    ],
  };
};

export const storageFaults = (): Fault[] => [releasedVolume(), failedVolume(), lostVolume()];
