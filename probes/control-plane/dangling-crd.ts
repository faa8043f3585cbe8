import { condition, inspection } from "#sdk";

/** A CustomResourceDefinition must be served, or go when it is deleted. */
export default inspection.each({
  name: "control-plane/dangling-crd",
  severity: "medium",
  reason:
    "While one is half deleted its objects can be neither made nor kept, and a reinstalled operator does not find its kinds. One that is never established means that an installation stopped half way.",
  help: "Being deleted: some of its objects hold finalizers whose controller is gone, often because the operator was removed first: `kubectl get <plural> -A -o custom-columns=NS:.metadata.namespace,N:.metadata.name,F:.metadata.finalizers`. Run the operator again until they are gone, or remove those finalizers and clean up by hand. Not established: `kubectl describe crd <name>`; most often another CRD has its plural, kind or short name already.",
  for: "5m",
  of: {
    kind: "apiextensions.k8s.io/v1/CustomResourceDefinition",
    where: [
      { "metadata.deletionTimestamp": { exists: true } },
      { "status.conditions[type=Established].status": { not: "True" } },
    ],
    pick: [
      "metadata.finalizers",
      "status.conditions[type=Established]",
      "status.conditions[type=NamesAccepted]",
      "status.conditions[type=Terminating]",
    ],
  },
  check: (crd) => {
    const { name, deletionTimestamp, creationTimestamp, finalizers = [] } = crd.metadata;
    if (deletionTimestamp)
      return {
        rule: "terminating",
        message: `CRD ${name} is being deleted but stays${finalizers.length > 0 ? `: held by ${finalizers.join(", ")}` : ""}`,
        since: deletionTimestamp,
        evidence: { says: condition(crd, "Terminating")?.message },
      };
    const names = condition(crd, "NamesAccepted");
    return {
      rule: "not-established",
      message: `CRD ${name} is not served${names?.status === "False" ? ": its names are taken" : ""}`,
      since: condition(crd, "Established")?.lastTransitionTime ?? creationTimestamp,
      evidence: { says: names?.message },
    };
  },
});
