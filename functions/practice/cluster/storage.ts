import { type Wanted, wanted } from "../controllers/steward.ts";

const storageClass = (name: string, reclaimPolicy: string): Wanted =>
  wanted("storage.k8s.io/v1/StorageClass", { metadata: { name }, provisioner: "disk.practice.example", reclaimPolicy });

export const STORAGE: readonly Wanted[] = [
  storageClass("fast", "Delete"),
  storageClass("archive", "Retain"),
  wanted("v1/PersistentVolumeClaim", {
    metadata: { name: "exports", namespace: "data" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "archive",
      resources: { requests: { storage: "100Gi" } },
    },
  }),
  // Made by hand, waits for somebody who claims it.
  wanted("v1/PersistentVolume", {
    metadata: { name: "spare-disk" },
    spec: {
      capacity: { storage: "50Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "manual",
      persistentVolumeReclaimPolicy: "Retain",
      hostPath: { path: "/srv/spare" },
    },
  }),
];
