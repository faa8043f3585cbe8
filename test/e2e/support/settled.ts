import { condition } from "./fault.ts";
import type { World } from "./world.ts";

/** What is not meant to come up. */
const LEFT_ALONE = new Set(["steady-joining", "gated", "waiting"]);
/** Services that have no endpoint by intent. */
const IDLE = new Set(["none", "done"]);

const is = (object: any, type: string) => condition(object, type)?.status === "True";
const hasAll = ({ spec, status }: any) => (status.readyReplicas ?? 0) === spec.replicas;

const SETTLED: Readonly<Record<string, (object: any, world: World) => boolean>> = {
  Node: (node) => is(node, "Ready"),
  Pod: (one) => one.status.phase === "Succeeded" || (one.status.phase === "Running" && is(one, "Ready")),
  Deployment: hasAll,
  ReplicaSet: hasAll,
  StatefulSet: hasAll,
  DaemonSet: ({ status }) => status.desiredNumberScheduled > 0 && status.numberReady === status.desiredNumberScheduled,
  Job: (one) => one.spec.suspend === true || is(one, "Complete"),
  PersistentVolumeClaim: ({ status }) => status.phase === "Bound",
  CustomResourceDefinition: (one) => is(one, "Established"),
  APIService: (one) => is(one, "Available"),
  Service: ({ metadata, spec }, world) =>
    !spec.selector ||
    IDLE.has(metadata.name) ||
    world
      .all("EndpointSlice", metadata.namespace)
      .filter((slice) => slice.metadata.labels["kubernetes.io/service-name"] === metadata.name)
      .some((slice) => slice.endpoints?.some((one: any) => one.conditions.ready)),
};

/** What was applied and has not come up yet, one line each. */
export const unsettled = (world: World): string[] =>
  Object.entries(SETTLED).flatMap(([kind, isSettled]) =>
    world
      .all(kind)
      .filter((object) => !LEFT_ALONE.has(object.metadata.name) && !isSettled(object, world))
      .map(({ metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
  );

/** Waits until everything that was applied has come up, as far as controllers have to do with it. */
export async function settle(world: World): Promise<void> {
  try {
    await world.until((now) => unsettled(now).length === 0, 120_000);
  } catch (e) {
    throw new Error(`not settled: ${unsettled(world).join(", ")}`, { cause: e });
  }
}
