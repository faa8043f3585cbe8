import type { Obj } from "../client.ts";
import { timestamp } from "../clock.ts";
import type { ControllerContext } from "./context.ts";
import { keyOfObject, named } from "./pods.ts";

const CLAIM = "v1/PersistentVolumeClaim";
const VOLUME = "v1/PersistentVolume";
const CLAIM_PROTECTION = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION = "kubernetes.io/pv-protection";

type Claim = Obj<"v1/PersistentVolumeClaim">;
type Volume = Obj<"v1/PersistentVolume">;

/** Makes a volume for each claim; releases or deletes it when its claim goes. */
export function runVolumes({ client, clock, on, work }: ControllerContext): void {
  const phase = (volume: Volume, phase: string) =>
    client.edit(VOLUME, volume.metadata, (draft) => {
      if (draft.status?.phase === phase) return;
      draft.status = { ...draft.status, phase, lastPhaseTransitionTime: timestamp(clock.now()) };
    });

  const provision = (claim: Claim) => {
    const { name, namespace = "", uid, resourceVersion = "" } = claim.metadata;
    const storageClass = claim.spec.storageClassName;
    const reclaim = client.get("storage.k8s.io/v1/StorageClass", { name: storageClass ?? "" })?.reclaimPolicy;
    if (storageClass === undefined || reclaim === undefined) return undefined;
    const capacity = { storage: claim.spec.resources?.requests?.storage ?? "1Gi" };
    return client.create(VOLUME, {
      metadata: { name: `pvc-${uid}`, annotations: { "pv.kubernetes.io/provisioned-by": "disk.practice.example" } },
      spec: {
        capacity,
        accessModes: [...(claim.spec.accessModes ?? [])],
        persistentVolumeReclaimPolicy: reclaim,
        storageClassName: storageClass,
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion },
        csi: { driver: "disk.practice.example", volumeHandle: `disk-${uid.slice(0, 8)}` },
      },
    });
  };

  const bind = (claim: Claim) => {
    if (claim.status?.phase === "Bound") return;
    const ours = client.list(VOLUME).find(({ spec }) => spec.claimRef?.uid === claim.metadata.uid);
    const volume = ours ?? provision(claim);
    if (!volume) return;
    phase(volume, "Bound");
    client.edit(CLAIM, claim.metadata, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, "pv.kubernetes.io/bind-completed": "yes" };
      draft.spec = { ...draft.spec, volumeName: volume.metadata.name };
      draft.status = {
        phase: "Bound",
        accessModes: [...(draft.spec.accessModes ?? [])],
        capacity: { ...volume.spec.capacity },
      };
    });
  };

  const isUsed = ({ metadata }: Claim) =>
    client
      .list("v1/Pod", metadata.namespace)
      .some(({ spec }) =>
        spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata.name),
      );

  const claims = work((key) => {
    const claim = client.get(CLAIM, named(key));
    if (!claim) return;
    if (claim.metadata.deletionTimestamp === undefined) return bind(claim);
    if (isUsed(claim)) return claims.enqueue(key, 1_000);
    client.edit(CLAIM, claim.metadata, (draft) => {
      draft.metadata.finalizers =
        draft.metadata.finalizers?.filter((finalizer) => finalizer !== CLAIM_PROTECTION) ?? [];
    });
  }, 100);

  const volumes = work((name) => {
    const volume = client.get(VOLUME, { name });
    if (!volume) return;
    const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec;
    const claim = claimRef && client.get(CLAIM, { name: claimRef.name ?? "", namespace: claimRef.namespace });
    const bound = claim !== undefined && claim.metadata.uid === claimRef?.uid;
    if (volume.metadata.deletionTimestamp !== undefined) {
      if (bound) return;
      return client.edit(VOLUME, volume.metadata, (draft) => {
        draft.metadata.finalizers =
          draft.metadata.finalizers?.filter((finalizer) => finalizer !== VOLUME_PROTECTION) ?? [];
      });
    }
    if (!claimRef) return phase(volume, "Available");
    if (bound) return;
    phase(volume, "Released");
    if (policy === "Delete") client.remove(VOLUME, volume.metadata);
  }, 100);

  on(["persistentvolumeclaims"], ({ type, object }) => {
    if (type !== "DELETED") return claims.enqueue(keyOfObject(object));
    const volume = object.spec?.volumeName;
    if (typeof volume === "string") volumes.enqueue(volume);
  });
  on(["persistentvolumes"], ({ type, object }) => {
    if (type !== "DELETED") volumes.enqueue(object.metadata.name);
  });
}
