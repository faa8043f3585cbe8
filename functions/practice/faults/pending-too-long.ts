import { containerOf } from "../cluster/builders.ts";
import type { Fault } from "./fault.ts";

const TRAINING = { name: "model-training", namespace: "data" };
const LABELS = { app: TRAINING.name };

/** A pod that wants a node such as there is none. */
export const pendingTooLong: Fault = {
  name: "pending-too-long",
  expects: "workload/pending-too-long",
  findings: [{ kind: "Pod", name: "model-training-*", namespace: "data" }],
  make({ client }) {
    if (client.get("apps/v1/Deployment", TRAINING)) return;
    client.create("apps/v1/Deployment", {
      metadata: { ...TRAINING, labels: LABELS },
      spec: {
        replicas: 1,
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: {
            nodeSelector: { "node.kubernetes.io/pool": "accelerated" },
            containers: [containerOf({ ...TRAINING, replicas: 1 })],
          },
        },
      },
    });
  },
  mend: ({ client }) => client.remove("apps/v1/Deployment", TRAINING),
};
