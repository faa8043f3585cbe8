import type { Fault } from "./fault.ts";

const CLAIM = { name: "exports", namespace: "data" };

/** A claim is deleted, made anew, and gets a new volume: the old one is kept, as its class says, for nobody. */
export const danglingVolume: Fault = {
  name: "dangling-volume",
  expects: "storage/dangling-volume",
  findings: [{ kind: "PersistentVolume", name: "pvc-*" }],
  ripens: 500,
  make: ({ client }) => client.remove("v1/PersistentVolumeClaim", CLAIM),
  mend({ client }) {
    const claim = client.get("v1/PersistentVolumeClaim", CLAIM)?.metadata.uid;
    for (const { metadata, spec } of client.list("v1/PersistentVolume")) {
      const { name, namespace, uid } = spec.claimRef ?? {};
      if (name === CLAIM.name && namespace === CLAIM.namespace && uid !== claim)
        client.remove("v1/PersistentVolume", metadata);
    }
  },
};
