import type { Fault } from "./fault.ts";

const NEWSLETTER = { name: "newsletter", namespace: "shop" };
const LABELS = { app: NEWSLETTER.name };
const POD = { kind: "Pod", name: "newsletter-*", namespace: "shop" };

/** An image of a registry that does not exist. */
export const imagePullFailing: Fault = {
  name: "image-pull-failing",
  expects: "workload/image-pull-failing",
  findings: [POD],
  // A pod is pending until each of its containers has run.
  also: [{ case: "workload/pending-too-long", findings: [POD] }],
  ripens: 1_500,
  make({ client }) {
    if (client.get("apps/v1/Deployment", NEWSLETTER)) return;
    client.create("apps/v1/Deployment", {
      metadata: { ...NEWSLETTER, labels: LABELS },
      spec: {
        replicas: 1,
        selector: { matchLabels: LABELS },
        template: {
          metadata: { labels: LABELS },
          spec: { containers: [{ name: "newsletter", image: "registry.invalid/newsletter:2.1" }] },
        },
      },
    });
  },
  mend: ({ client }) => client.remove("apps/v1/Deployment", NEWSLETTER),
};
