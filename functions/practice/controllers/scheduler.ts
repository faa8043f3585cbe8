import { quantity } from "#sdk";
import type { Obj } from "../client.ts";
import { withPodCondition } from "../nodes/pod-status.ts";
import type { ControllerContext } from "./context.ts";
import type { Recorder } from "./events.ts";
import { controllerOf, isActive, isOver, keyOfObject, named, type Pod } from "./pods.ts";

type Node = Obj<"v1/Node">;

/** How long an unschedulable pod waits for its next try. */
const RETRY = 5_000;

const requested = ({ spec }: Pod, name: string): number =>
  spec.containers.reduce((sum, { resources }) => sum + quantity(resources?.requests?.[name]), 0);

const tolerates = ({ spec }: Pod, taint: { key: string; value?: string; effect: string }): boolean =>
  (spec.tolerations ?? []).some(
    ({ key, operator, value, effect }) =>
      (effect === undefined || effect === taint.effect) &&
      (key === undefined
        ? operator === "Exists"
        : key === taint.key && (operator === "Exists" || value === taint.value)),
  );

/** Why a pod may not go to a node, in the scheduler's words; undefined when it may. */
function refusal(pod: Pod, node: Node, there: readonly Pod[]): string | undefined {
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  if (!selector.every(([key, value]) => node.metadata.labels?.[key] === value))
    return "node(s) didn't match Pod's node affinity/selector";
  if (node.spec?.unschedulable) return "node(s) were unschedulable";
  const taint = (node.spec?.taints ?? []).find((one) => one.effect !== "PreferNoSchedule" && !tolerates(pod, one));
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`;
  if (there.length >= quantity(node.status?.allocatable?.pods)) return "Too many pods";
  for (const name of ["cpu", "memory"]) {
    const used = there.reduce((sum, one) => sum + requested(one, name), requested(pod, name));
    if (used > quantity(node.status?.allocatable?.[name])) return `Insufficient ${name}`;
  }
  return undefined;
}

const explain = (refusals: readonly string[]): string => {
  const counted = [...new Set(refusals)].map((why) => `${refusals.filter((one) => one === why).length} ${why}`);
  const none = `0/${refusals.length} nodes are available`;
  return `${none}: ${counted.join(", ")}. preemption: ${none}: ${refusals.length} Preemption is not helpful for scheduling.`;
};

/** Gives each pod a node: one that has room, spread over nodes and zones; or says why there is none. */
export function runScheduler({ client, clock, on, work }: ControllerContext, record: Recorder): void {
  const best = (pod: Pod, nodes: readonly { node: Node; there: readonly Pod[] }[]): Node | undefined => {
    const owner = controllerOf(pod)?.uid;
    const siblings = client
      .list("v1/Pod", pod.metadata.namespace)
      .filter((one) => owner !== undefined && controllerOf(one)?.uid === owner && isActive(one));
    const zoneOf = (name: string | undefined) =>
      nodes.find(({ node }) => node.metadata.name === name)?.node.metadata.labels?.["topology.kubernetes.io/zone"];
    const cost = ({ node, there }: { node: Node; there: readonly Pod[] }) => {
      const zone = node.metadata.labels?.["topology.kubernetes.io/zone"];
      const here = siblings.filter(({ spec }) => spec.nodeName === node.metadata.name).length;
      const inZone = siblings.filter(({ spec }) => zoneOf(spec.nodeName) === zone).length;
      return here * 10_000 + inZone * 100 + there.length;
    };
    return [...nodes].sort((a, b) => cost(a) - cost(b) || a.node.metadata.name.localeCompare(b.node.metadata.name))[0]
      ?.node;
  };

  const say = (pod: Pod, type: "Normal" | "Warning", reason: string, message: string) =>
    record({ about: pod, type, reason, message, component: "default-scheduler" });

  const queue = work((key) => {
    const pod = client.get("v1/Pod", named(key));
    if (!pod || pod.metadata.deletionTimestamp !== undefined) return;
    const scheduled = pod.status?.conditions?.some(({ type, status }) => type === "PodScheduled" && status === "True");
    const all = client.list("v1/Pod").filter((one) => !isOver(one));
    const nodes = client
      .list("v1/Node")
      .map((node) => ({ node, there: all.filter(({ spec }) => spec.nodeName === node.metadata.name) }));
    const refusals = nodes.map(({ node, there }) => refusal(pod, node, there));
    const chosen =
      pod.spec.nodeName ??
      best(
        pod,
        nodes.filter((_, i) => refusals[i] === undefined),
      )?.metadata.name;
    if (scheduled && pod.spec.nodeName) return;
    const why =
      chosen === undefined ? { reason: "Unschedulable", message: explain(refusals.map((one) => one ?? "")) } : {};
    client.edit("v1/Pod", pod.metadata, (draft) => {
      if (chosen !== undefined) draft.spec.nodeName = chosen;
      draft.status = {
        ...draft.status,
        conditions: withPodCondition(
          draft.status?.conditions ?? [],
          "PodScheduled",
          chosen !== undefined,
          why,
          clock.now(),
        ),
      };
    });
    if (chosen !== undefined) return say(pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${chosen}`);
    say(pod, "Warning", "FailedScheduling", why.message ?? "");
    queue.enqueue(key, RETRY);
  });

  on(["pods"], ({ type, object }) => {
    if (type === "ADDED") queue.enqueue(keyOfObject(object));
  });
}
