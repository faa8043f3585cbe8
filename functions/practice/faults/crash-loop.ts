import { containerOf } from "../cluster/builders.ts";
import type { Fault } from "./fault.ts";

const WORKER = { name: "refund-worker", namespace: "payments" };
const LABELS = { app: WORKER.name };

/** A program that ends with an error as soon as it is started. */
export const crashLoop: Fault = {
  name: "crash-loop",
  expects: "workload/crash-loop",
  findings: [{ kind: "Pod", name: "refund-worker-0", namespace: "payments" }],
  // Two restarts, with the pauses between them.
  ripens: 5_500,
  make({ client }) {
    if (client.get("apps/v1/StatefulSet", WORKER)) return;
    client.create("apps/v1/StatefulSet", {
      metadata: { ...WORKER, labels: LABELS },
      spec: {
        replicas: 1,
        serviceName: WORKER.name,
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: { containers: [{ ...containerOf({ ...WORKER, replicas: 1 }), command: ["false"] }] },
        },
      },
    });
  },
  mend: ({ client }) => client.remove("apps/v1/StatefulSet", WORKER),
};
