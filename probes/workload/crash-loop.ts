import { inspection, t } from "#sdk";

/** A container that has crashed several times and is held back before its next start. */
export default inspection.each({
  name: "workload/crash-loop",
  severity: "high",
  reason:
    "The container cannot do its work: it ends soon after each start, and the kubelet waits up to five minutes before it tries again.",
  help: "Read its last words: `kubectl -n <namespace> logs <pod> -c <container> --previous`. OOMKilled (137): raise the memory limit or find the leak. Error: its log says why, most often configuration, a secret or a service that it cannot reach. Completed (0): the program ends by itself and should be a Job. If it began with a rollout, `kubectl rollout undo` first.",
  clear: "5m",
  params: t.Object({ restarts: t.Number({ default: 3, minimum: 0, description: "how often it must have restarted" }) }),
  of: {
    kind: "v1/Pod",
    where: [
      {
        "status.containerStatuses[].state.waiting.reason": "CrashLoopBackOff",
        "metadata.deletionTimestamp": { exists: false },
      },
      {
        "status.initContainerStatuses[].state.waiting.reason": "CrashLoopBackOff",
        "metadata.deletionTimestamp": { exists: false },
      },
    ],
    pick: [
      "status.containerStatuses[].name",
      "status.containerStatuses[].restartCount",
      "status.containerStatuses[].state.waiting.reason",
      "status.containerStatuses[].lastState.terminated.reason",
      "status.containerStatuses[].lastState.terminated.exitCode",
      "status.initContainerStatuses[].name",
      "status.initContainerStatuses[].restartCount",
      "status.initContainerStatuses[].state.waiting.reason",
      "status.initContainerStatuses[].lastState.terminated.reason",
      "status.initContainerStatuses[].lastState.terminated.exitCode",
    ],
  },
  check: ({ metadata, status }, { params }) =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
      .filter((c) => c.state?.waiting?.reason === "CrashLoopBackOff" && c.restartCount >= params.restarts)
      .map(({ name, restartCount, lastState }) => {
        const last = lastState?.terminated;
        const how = last ? ` (${last.reason ?? "ended"}, exit code ${last.exitCode})` : "";
        return {
          per: name,
          message: `Container ${name} of pod ${metadata.namespace}/${metadata.name} keeps crashing${how}`,
          evidence: { restarts: restartCount },
        };
      }),
});
