import { inspection, t } from "#sdk";

const WAITS: Readonly<Record<string, string>> = {
  Pod: "its node has not confirmed that it stopped",
  Namespace: "something in it cannot be deleted",
};

/** What is marked for deletion must go, of whatever kind it is. */
export default inspection.each({
  name: "workload/stuck-terminating",
  severity: "medium",
  reason:
    "Someone asked for it to go and it did not: a finalizer's controller is missing or fails, a node does not answer, or it is still in use. Its name, addresses and volumes stay taken, and whatever waits for it (a namespace, a rollout, a drain) waits too.",
  help: "`kubectl get <kind> <name> -o jsonpath='{.metadata.finalizers}'` names who must act; look at that controller's log. For a Pod without finalizers look at its node: if the machine is gone for good, `kubectl delete pod <name> --force`, or taint the node node.kubernetes.io/out-of-service. For a Namespace `kubectl get namespace <name> -o jsonpath='{.status.conditions}'` says what is left in it. Remove a finalizer by hand only when its controller will never come back, and clean up after it yourself.",
  params: t.Object({ after: t.Duration({ default: "10m" }) }),
  for: "$after",
  of: {
    kind: "*",
    where: { "metadata.deletionTimestamp": { exists: true } },
    pick: ["metadata.finalizers"],
  },
  check: ({ kind, metadata: { namespace, name, finalizers = [], deletionTimestamp } }) => {
    const holds = finalizers.length > 0 ? `held by ${finalizers.join(", ")}` : WAITS[kind];
    return {
      message: `${kind} ${namespace ? `${namespace}/` : ""}${name} is being deleted but stays${holds ? `: ${holds}` : ""}`,
      // A pod's deletionTimestamp includes its grace period.
      since: deletionTimestamp,
    };
  },
});
