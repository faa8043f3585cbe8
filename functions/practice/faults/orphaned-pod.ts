import { containerOf } from "../cluster/builders.ts";
import { uuid } from "../random.ts";
import type { Fault } from "./fault.ts";

const SET = "import-worker-6d4cf56db6";
const POD = { name: `${SET}-x2w7k`, namespace: "data" };

/** A pod whose ReplicaSet is gone, and which the garbage collector fails to see. */
export const orphanedPod: Fault = {
  name: "orphaned-pod",
  expects: "workload/orphaned-pod",
  findings: [{ kind: "Pod", ...POD }],
  make({ client, garbageCollector, random }) {
    if (client.get("v1/Pod", POD)) return;
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: SET, uid: uuid(random), controller: true };
    const { metadata } = client.create("v1/Pod", {
      metadata: { ...POD, labels: { app: "import-worker" }, ownerReferences: [owner] },
      spec: { containers: [containerOf({ ...POD, name: "import-worker", replicas: 1 })] },
    });
    garbageCollector.overlooked.add(metadata.uid);
  },
  mend({ client, garbageCollector }) {
    const uid = client.get("v1/Pod", POD)?.metadata.uid;
    if (uid === undefined) return;
    garbageCollector.overlooked.delete(uid);
    garbageCollector.recheck(uid);
  },
};
