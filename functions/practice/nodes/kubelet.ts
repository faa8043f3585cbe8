import type { Obj } from "../client.ts";
import { type Cancel, timestamp } from "../clock.ts";
import type { ControllerContext } from "../controllers/context.ts";
import type { Recorder } from "../controllers/events.ts";
import { keyOf } from "../store/object.ts";
import { freeAddress } from "./addresses.ts";
import { type Container, type ContainerStatus, created, next, restarted, untilNext } from "./containers.ts";
import { podStatus } from "./pod-status.ts";

type Pod = Obj<"v1/Pod">;

export interface Kubelet {
  /** Kills a pod's first container; it is started again at once. */
  restart(pod: { readonly name: string; readonly namespace?: string | undefined }): void;
}

/** ms that a container takes to stop when it is asked to. */
const STOP = 1_000;

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const isNodeReady = (node: WithConditions | undefined): boolean =>
  node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;

/** All kubelets at once: starts pods that a node was given, keeps their status, stops what is deleted. */
export function runKubelet(context: ControllerContext, record: Recorder): Kubelet {
  const { client, clock, on, work } = context;
  const timers = new Map<string, Cancel>();

  const once = (id: string, ms: number, run: () => void) => {
    if (timers.has(id)) return;
    timers.set(
      id,
      clock.after(ms, () => {
        timers.delete(id);
        run();
      }),
    );
  };

  const say = (pod: Pod, type: "Normal" | "Warning", reason: string, message: string) =>
    record({ about: pod, type, reason, message, component: "kubelet" });

  const tell = (pod: Pod, before: ContainerStatus, after: ContainerStatus) => {
    if (after.state?.running && !before.state?.running)
      say(pod, "Normal", "Started", `Started container ${after.name}`);
    const waiting = after.state?.waiting;
    if (waiting?.reason === "ErrImagePull")
      say(pod, "Warning", "Failed", `Failed to pull image "${after.image}": ${waiting.message}`);
    if (waiting?.reason === "CrashLoopBackOff") say(pod, "Warning", "BackOff", waiting.message ?? "");
  };

  const write = (pod: Pod, change: (container: Container, status: ContainerStatus) => ContainerStatus) => {
    const nodeReady = isNodeReady(client.get("v1/Node", { name: pod.spec.nodeName ?? "" }));
    client.edit("v1/Pod", pod.metadata, (draft) => {
      const known = new Map((draft.status?.containerStatuses ?? []).map((status) => [status.name, status]));
      const containers = draft.spec.containers.map((container) =>
        change(container, known.get(container.name) ?? created(container)),
      );
      draft.status = podStatus(draft, containers, nodeReady, clock.now());
    });
  };

  /** A sandbox with an address; containers come next. */
  const admit = (pod: Pod) => {
    const node = client.get("v1/Node", { name: pod.spec.nodeName ?? "" });
    const hostIP = node?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
    const ip = pod.spec.hostNetwork ? hostIP : freeAddress(node, client.list("v1/Pod"));
    client.edit("v1/Pod", pod.metadata, (draft) => {
      draft.status = {
        ...draft.status,
        startTime: timestamp(clock.now()),
        hostIP,
        hostIPs: [{ ip: hostIP }],
        podIP: ip,
        podIPs: [{ ip }],
      };
    });
    write(client.get("v1/Pod", pod.metadata) ?? pod, (_, status) => status);
  };

  const step = (key: string, uid: string, name: string) => {
    const pod = find(key);
    if (pod?.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined) return;
    const before = pod.status?.containerStatuses?.find((status) => status.name === name);
    const policy = pod.spec.restartPolicy ?? "Always";
    write(pod, (container, status) =>
      container.name === name ? next(container, status, policy, clock.now()) : status,
    );
    const after = client.get("v1/Pod", pod.metadata)?.status?.containerStatuses?.find((status) => status.name === name);
    if (before && after) tell(pod, before, after);
  };

  const find = (key: string): Pod | undefined => {
    const [namespace, name = ""] = key.split("/");
    return client.get("v1/Pod", { namespace, name });
  };

  const stop = (pod: Pod, key: string) =>
    once(`${pod.metadata.uid} stop`, Math.min(STOP, (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000), () => {
      if (find(key)?.metadata.uid !== pod.metadata.uid) return;
      client.remove("v1/Pod", pod.metadata, { gracePeriodSeconds: 0 });
    });

  const queue = work((key) => {
    const pod = find(key);
    if (!pod?.spec.nodeName) return;
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) {
      write(pod, (_, status) => ({ ...status, ready: false }));
      return stop(pod, key);
    }
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return;
    if (!pod.status?.containerStatuses) return admit(pod);
    write(pod, (_, status) => status);
    if (!isNodeReady(client.get("v1/Node", { name: pod.spec.nodeName }))) return;
    for (const container of pod.spec.containers) {
      const status = pod.status.containerStatuses.find(({ name }) => name === container.name);
      const ms = status && untilNext(container, status, pod.spec.restartPolicy ?? "Always");
      if (ms !== undefined) once(`${uid} ${container.name}`, ms, () => step(key, uid, container.name));
    }
  });

  on(["pods"], ({ type, object }) => {
    if (type !== "DELETED") queue.enqueue(keyOf(object.metadata.namespace, object.metadata.name));
  });
  on(["nodes"], ({ object, before }) => {
    if (isNodeReady(object) === isNodeReady(before)) return;
    for (const { metadata, spec } of client.list("v1/Pod")) {
      if (spec.nodeName === object.metadata.name) queue.enqueue(keyOf(metadata.namespace, metadata.name));
    }
  });

  return {
    restart(named) {
      const pod = client.get("v1/Pod", named);
      const first = pod?.spec.containers[0]?.name;
      if (pod)
        write(pod, (container, status) =>
          container.name === first ? restarted(container, status, clock.now()) : status,
        );
    },
  };
}
