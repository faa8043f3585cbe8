import type { Obj } from "../client.ts";
import { timestamp } from "../clock.ts";
import type { ContainerStatus } from "./containers.ts";

type Pod = Obj<"v1/Pod">;
type Status = NonNullable<Pod["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

function phaseOf(containers: readonly ContainerStatus[]): string {
  if (containers.every(({ state }) => state?.terminated)) {
    return containers.every(({ state }) => state?.terminated?.exitCode === 0) ? "Succeeded" : "Failed";
  }
  return containers.some(({ state, lastState }) => state?.waiting && !lastState?.terminated) ? "Pending" : "Running";
}

/** Sets a condition; its time of transition moves only with its status. */
export function withPodCondition(
  conditions: readonly Condition[],
  type: string,
  good: boolean,
  why: { reason?: string; message?: string },
  now: number,
): Condition[] {
  const known = conditions.find((one) => one.type === type);
  const status = good ? "True" : "False";
  const lastTransitionTime =
    known?.status === status && known.lastTransitionTime ? known.lastTransitionTime : timestamp(now);
  const condition = { type, status, lastTransitionTime, ...why } as Condition;
  return known ? conditions.map((one) => (one === known ? condition : one)) : [...conditions, condition];
}

/** The status of a pod as its kubelet sees it. `nodeReady` = false: nothing on the node counts as ready. */
export function podStatus(pod: Pod, containers: readonly ContainerStatus[], nodeReady: boolean, now: number): Status {
  const phase = phaseOf(containers);
  const unready = containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const over = phase === "Succeeded" || phase === "Failed";
  const containersReady = unready.length === 0;
  const why = over
    ? { reason: "PodCompleted" }
    : containersReady
      ? {}
      : { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  const started = containers.some(
    ({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated,
  );
  let conditions = [...(pod.status?.conditions ?? [])];
  const set = (type: string, good: boolean, because: { reason?: string; message?: string } = {}) => {
    conditions = withPodCondition(conditions, type, good, because, now);
  };
  set("PodReadyToStartContainers", started && !over);
  set("Initialized", true, over ? { reason: "PodCompleted" } : {});
  set("Ready", containersReady && nodeReady, containersReady && !nodeReady ? {} : why);
  set("ContainersReady", containersReady, why);
  return { ...pod.status, phase, conditions, containerStatuses: [...containers] };
}
