import type { V1Container, V1ContainerStatus } from "@kubernetes/client-node";
import type { Json } from "#sdk";
import { timestamp } from "../clock.ts";
import { hashNumber } from "../random.ts";

export type Container = Json<V1Container>;
export type ContainerStatus = Json<V1ContainerStatus>;

/**
 * What a container does here is told by its spec: an image of a registry under `.invalid` cannot be pulled, the command
 * `false` fails, `true` is soon done, a readiness probe that runs `false` never passes. Everything else serves.
 */
export type Conduct = "serves" | "is never ready" | "crashes" | "completes" | "has no image";

export function conductOf({ image = "", command, readinessProbe }: Container, restartPolicy: string): Conduct {
  if (image.split("/")[0]?.split(":")[0]?.endsWith(".invalid")) return "has no image";
  if (command?.[0] === "false") return "crashes";
  if (command?.[0] === "true" || restartPolicy !== "Always") return "completes";
  return readinessProbe?.exec?.command?.[0] === "false" ? "is never ready" : "serves";
}

/** A practice cluster is quick: what takes minutes elsewhere takes seconds here. */
const RUNS = { crashes: 400, completes: 2_000 } as const;
const READY_AFTER = 500;
const START = 600;
const BACK_OFF = [1_000, 2_000, 4_000, 5_000] as const;

export const created = ({ name, image = "" }: Container): ContainerStatus => ({
  name,
  image,
  imageID: "",
  ready: false,
  started: false,
  restartCount: 0,
  lastState: {},
  state: { waiting: { reason: "ContainerCreating" } },
});

/** ms until the container's next step; undefined when it stays as it is. */
export function untilNext(
  container: Container,
  { state, ready, restartCount }: ContainerStatus,
  restartPolicy: string,
): number | undefined {
  const conduct = conductOf(container, restartPolicy);
  if (state?.waiting) {
    const { reason } = state.waiting;
    if (reason === "CrashLoopBackOff") return BACK_OFF[Math.min(restartCount, BACK_OFF.length - 1)];
    if (reason === "ErrImagePull") return 1_000;
    return reason === "ImagePullBackOff" ? undefined : START;
  }
  if (!state?.running) return undefined;
  if (conduct === "crashes" || conduct === "completes") return RUNS[conduct];
  return conduct === "serves" && !ready ? READY_AFTER : undefined;
}

const running = (container: Container, status: ContainerStatus, now: number): ContainerStatus => ({
  ...status,
  imageID: `${container.image}@sha256:${hashNumber(container.image ?? "")
    .toString(16)
    .padStart(64, "0")}`,
  containerID: `containerd://${hashNumber(`${container.name} ${now}`).toString(16).padStart(64, "0")}`,
  started: true,
  ready: false,
  state: { running: { startedAt: timestamp(now) } },
});

const pullFails = (container: Container, status: ContainerStatus, reason: string): ContainerStatus => {
  const message =
    reason === "ErrImagePull"
      ? `failed to pull and unpack image "${container.image}": no such host`
      : `Back-off pulling image "${container.image}"`;
  return { ...status, state: { waiting: { reason, message } } };
};

/** The container has ended: it is over, or it waits to be started again. */
function ended(
  container: Container,
  status: ContainerStatus,
  restartPolicy: string,
  exitCode: number,
  now: number,
): ContainerStatus {
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    startedAt: status.state?.running?.startedAt ?? timestamp(now),
    finishedAt: timestamp(now),
    ...(status.containerID !== undefined && { containerID: status.containerID }),
  };
  const over = restartPolicy === "Never" || (restartPolicy === "OnFailure" && exitCode === 0);
  const idle = { ...status, ready: false, started: false };
  if (over) return { ...idle, state: { terminated } };
  const message = `back-off restarting failed container=${container.name}`;
  return { ...idle, lastState: { terminated }, state: { waiting: { reason: "CrashLoopBackOff", message } } };
}

/** The container's next state, once `untilNext` is over. */
export function next(
  container: Container,
  status: ContainerStatus,
  restartPolicy: string,
  now: number,
): ContainerStatus {
  const conduct = conductOf(container, restartPolicy);
  const reason = status.state?.waiting?.reason;
  if (reason === "CrashLoopBackOff")
    return { ...running(container, status, now), restartCount: status.restartCount + 1 };
  if (reason === "ErrImagePull") return pullFails(container, status, "ImagePullBackOff");
  if (reason !== undefined)
    return conduct === "has no image" ? pullFails(container, status, "ErrImagePull") : running(container, status, now);
  if (conduct === "crashes") return ended(container, status, restartPolicy, 1, now);
  if (conduct === "completes") return ended(container, status, restartPolicy, 0, now);
  return { ...status, ready: true };
}

/** The container was killed and started again. */
export function restarted(container: Container, status: ContainerStatus, now: number): ContainerStatus {
  const terminated = {
    exitCode: 137,
    reason: "OOMKilled",
    startedAt: status.state?.running?.startedAt ?? timestamp(now),
    finishedAt: timestamp(now),
  };
  return { ...running(container, status, now), restartCount: status.restartCount + 1, lastState: { terminated } };
}
