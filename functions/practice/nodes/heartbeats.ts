import { every, microTimestamp, timestamp } from "../clock.ts";
import type { ControllerContext } from "../controllers/context.ts";
import { type Machine, nodeOf } from "./machines.ts";

export interface Heartbeats {
  /** Nodes whose leases are not renewed. */
  readonly silent: Set<string>;
}

export interface HeartbeatOptions {
  readonly machines: readonly Machine[];
  /** ms. A real kubelet takes 10 s; here a stale lease shall be told from a fresh one within seconds. */
  readonly renewEvery: number;
}

const NAMESPACE = "kube-node-lease";
const GROUPS = 4;
/** How often a kubelet tells its conditions when they do not change; five minutes in earnest. */
const STATUS_EVERY = 60_000;

/** Registers the machines as nodes, again when a node is deleted, and renews their leases. */
export function runHeartbeats(
  { client, clock, on, work }: ControllerContext,
  { machines, renewEvery }: HeartbeatOptions,
): Heartbeats {
  const silent = new Set<string>();

  const renew = ({ name }: Machine) => {
    const node = client.get("v1/Node", { name });
    if (!node || silent.has(name)) return;
    const renewTime = microTimestamp(clock.now());
    if (client.get("coordination.k8s.io/v1/Lease", { name, namespace: NAMESPACE })) {
      return client.edit("coordination.k8s.io/v1/Lease", { name, namespace: NAMESPACE }, (draft) => {
        draft.spec = { ...draft.spec, renewTime };
      });
    }
    client.create("coordination.k8s.io/v1/Lease", {
      metadata: {
        name,
        namespace: NAMESPACE,
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
    });
  };

  const register = work((name) => {
    const machine = machines.find((one) => one.name === name);
    if (!machine || client.get("v1/Node", { name })) return;
    client.create("v1/Node", nodeOf(machine, clock.now()));
    renew(machine);
  }, 500);

  const beat = ({ name }: Machine) =>
    client.edit("v1/Node", { name }, (draft) => {
      for (const condition of draft.status?.conditions ?? []) condition.lastHeartbeatTime = timestamp(clock.now());
    });

  on(["nodes"], ({ type, object }) => {
    if (type === "DELETED") register.enqueue(object.metadata.name);
  });
  machines.forEach((machine, i) => {
    client.create("v1/Node", nodeOf(machine, clock.now()));
    renew(machine);
    // Not all at once, as machines are; some together, so that a watch hears of them in one write.
    clock.after((renewEvery / GROUPS) * (i % GROUPS), () => void every(clock, renewEvery, () => renew(machine)));
    clock.after((STATUS_EVERY * i) / machines.length, () => void every(clock, STATUS_EVERY, () => beat(machine)));
  });
  return { silent };
}
