import { inspection } from "#sdk";

/** A volume whose claim is gone, and a claim whose volume is gone. */
export default inspection({
  name: "storage/dangling-volume",
  severity: "low",
  reason:
    "A volume that outlives its claim costs money and holds data that nobody looks after; nobody can bind it as it is. A claim that has lost its volume is worse: its data is gone or out of reach, and pods that use it cannot start.",
  help: "Kept volume: see what is on it (`kubectl get pv <name> -o yaml`), then either free it for a new claim (`kubectl patch pv <name> -p '{\"spec\":{\"claimRef\":null}}'`) or delete the PersistentVolume and the disk behind it. Failed reclaim: the PersistentVolume's status and the provisioner's log say why. Lost claim: recreate the PersistentVolume under the name in the claim's spec.volumeName with the same disk, or restore from a backup.",
  for: "5m",
  reads: {
    // By uid: a claim that was made anew under the old name is another one.
    volumes: {
      kind: "v1/PersistentVolume",
      where: [
        { "status.phase": ["Bound", "Failed"], "metadata.deletionTimestamp": { exists: false } },
        // With another policy it is on its way out.
        {
          "status.phase": "Released",
          "spec.persistentVolumeReclaimPolicy": "Retain",
          "metadata.deletionTimestamp": { exists: false },
        },
      ],
      by: "spec.claimRef.uid",
      pick: [
        "spec.claimRef.namespace",
        "spec.claimRef.name",
        "status.phase",
        "status.message",
        "status.lastPhaseTransitionTime",
      ],
      rows: "0+",
    },
    claim: {
      kind: "v1/PersistentVolumeClaim",
      where: { "status.phase": { not: "Lost" } },
      by: "metadata.uid",
      pick: [],
      rows: "0",
    },
    lost: {
      kind: "v1/PersistentVolumeClaim",
      where: { "status.phase": "Lost" },
      by: "metadata.uid",
      pick: ["spec.volumeName"],
      rows: "0-1",
    },
  },
  check: ({ volumes, lost }) => {
    if (lost) {
      const { metadata, spec } = lost;
      const message = `Claim ${metadata.namespace}/${metadata.name} has lost its volume ${spec.volumeName}`;
      return { rule: "volume-lost", severity: "critical", subject: lost, message };
    }
    return volumes.map((volume) => {
      const { claimRef } = volume.spec;
      const { phase, message: says, lastPhaseTransitionTime: since } = volume.status ?? {};
      const what = `Volume ${volume.metadata.name}`;
      const claim = `claim ${claimRef?.namespace}/${claimRef?.name}`;
      if (phase === "Bound")
        return { rule: "claim-gone", per: volume, message: `${what} is bound to ${claim}, which is gone` };
      if (phase === "Failed") {
        const message = `${what} cannot be reclaimed after ${claim} was deleted`;
        return { rule: "failed", per: volume, severity: "medium" as const, message, since, evidence: { says } };
      }
      return { rule: "released", per: volume, message: `${what} is kept although ${claim} was deleted`, since };
    });
  },
});
