import type { New } from "../client.ts";
import type { ControllerContext } from "../controllers/context.ts";
import { nameHash } from "../random.ts";

const NAMESPACE = "kube-system";

/** A pod that lies as a file on its node. */
export interface StaticPod {
  readonly name: string;
  readonly node: string;
  readonly spec: New<"v1/Pod">["spec"];
}

export interface StaticPods {
  add(pod: StaticPod): void;
  remove(pod: Pick<StaticPod, "name" | "node">): void;
}

/** Keeps a mirror pod in the API for every static pod; who deletes one sees it come back. */
export function runStaticPods({ client, on, work }: ControllerContext): StaticPods {
  const files = new Map<string, StaticPod>();
  const idOf = ({ name, node }: Pick<StaticPod, "name" | "node">) => `${name}-${node}`;

  const queue = work((id) => {
    const file = files.get(id);
    const mirror = client.get("v1/Pod", { name: id, namespace: NAMESPACE });
    if (!file) {
      if (mirror) client.remove("v1/Pod", mirror.metadata, { gracePeriodSeconds: 0 });
      return;
    }
    const node = client.get("v1/Node", { name: file.node });
    if (mirror || !node || !file.spec) return;
    const hash = nameHash(JSON.stringify(file), 32);
    client.create("v1/Pod", {
      metadata: {
        name: id,
        namespace: NAMESPACE,
        labels: { component: file.name, tier: "control-plane" },
        annotations: {
          "kubernetes.io/config.hash": hash,
          "kubernetes.io/config.mirror": hash,
          "kubernetes.io/config.source": "file",
        },
        ownerReferences: [
          { apiVersion: "v1", kind: "Node", name: file.node, uid: node.metadata.uid, controller: true },
        ],
      },
      spec: { ...file.spec, nodeName: file.node, tolerations: [{ operator: "Exists", effect: "NoExecute" }] },
    });
  }, 200);

  on(["pods"], ({ type, object }) => {
    if (type === "DELETED" && files.has(object.metadata.name)) queue.enqueue(object.metadata.name);
  });
  on(["nodes"], ({ type, object }) => {
    if (type !== "ADDED") return;
    for (const [id, { node }] of files) if (node === object.metadata.name) queue.enqueue(id);
  });
  return {
    add(pod) {
      files.set(idOf(pod), pod);
      queue.enqueue(idOf(pod));
    },
    remove(pod) {
      files.delete(idOf(pod));
      queue.enqueue(idOf(pod));
    },
  };
}
