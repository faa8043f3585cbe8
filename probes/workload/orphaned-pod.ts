import { controller, inspection } from "#sdk";

/** A pod whose controller is gone must be gone too. */
export default inspection({
  name: "workload/orphaned-pod",
  severity: "medium",
  reason:
    "The garbage collector removes such pods within seconds. One that stays uses resources, takes a Service's calls with an old version, and is replaced by nobody when it ends. It also says that the garbage collector does not work, so more will follow.",
  help: "Make sure that its owner is gone: `kubectl -n <namespace> get pod <name> -o jsonpath='{.metadata.ownerReferences}'`. Then delete the pod. If there are several, look at the kube-controller-manager's log for `garbagecollector`: an API that does not answer (`kubectl get apiservices | grep False`, a broken conversion webhook) can hold it up for the whole cluster.",
  for: "1m",
  reads: {
    pods: {
      kind: "v1/Pod",
      // Only owners that are read below: other groups have kinds of the same names.
      where: {
        "metadata.ownerReferences[controller=true].apiVersion": ["apps/v1", "batch/v1"],
        "metadata.ownerReferences[controller=true].kind": ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"],
        "metadata.deletionTimestamp": { exists: false },
      },
      by: "metadata.ownerReferences[controller=true].uid",
      pick: [],
    },
    owner: {
      kind: ["apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job"],
      by: "metadata.uid",
      pick: [],
      rows: "0",
    },
  },
  check: ({ pods }) =>
    pods.map((pod) => {
      const { kind, name } = controller(pod)!;
      return {
        per: pod,
        message: `Pod ${pod.metadata.namespace}/${pod.metadata.name} is left of ${kind} ${name}, which is gone`,
      };
    }),
});
