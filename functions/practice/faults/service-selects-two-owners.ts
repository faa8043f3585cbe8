import { containerOf } from "../cluster/builders.ts";
import type { Fault } from "./fault.ts";

const CANARY = { name: "cart-canary", namespace: "shop" };
const LABELS = { app: "cart", track: "canary" };

/** A second Deployment whose pods carry the first one's label. */
export const serviceSelectsTwoOwners: Fault = {
  name: "service-selects-two-owners",
  expects: "network/service-selects-two-owners",
  findings: [{ kind: "Service", name: "cart", namespace: "shop" }],
  make({ client }) {
    if (client.get("apps/v1/Deployment", CANARY)) return;
    client.create("apps/v1/Deployment", {
      metadata: { ...CANARY, labels: LABELS },
      spec: {
        replicas: 1,
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: { containers: [containerOf({ ...CANARY, replicas: 1, port: 8080 })] },
        },
      },
    });
  },
  mend: ({ client }) => client.remove("apps/v1/Deployment", CANARY),
};
