import { timestamp } from "../clock.ts";
import type { ControllerContext } from "./context.ts";

const KIND = "apiregistration.k8s.io/v1/APIService";
const LOCAL = { type: "Available", status: "True", reason: "Local", message: "Local APIServices are always available" };

/** Keeps an APIService for every group and version that is served here, as the real aggregator does. */
export function runApiServices({ store, client, clock, on, work }: ControllerContext): void {
  const nameOf = (group: string, version: string) => `${version}.${group}`;

  const sync = work(() => {
    const wanted = new Map(
      store.catalog.all().flatMap((one) => (one.aggregated ? [] : [[nameOf(one.group, one.version), one]])),
    );
    for (const [name, { group, version, custom }] of wanted) {
      if (client.get(KIND, { name })) continue;
      client.create(KIND, {
        metadata: { name, labels: { "kube-aggregator.kubernetes.io/automanaged": custom ? "true" : "onstart" } },
        spec: { group, version, groupPriorityMinimum: custom ? 1000 : 17_000, versionPriority: custom ? 100 : 15 },
        status: { conditions: [{ ...LOCAL, lastTransitionTime: timestamp(clock.now()) }] },
      });
    }
    for (const { metadata } of client.list(KIND)) {
      const ours = metadata.labels?.["kube-aggregator.kubernetes.io/automanaged"] !== undefined;
      if (ours && !wanted.has(metadata.name)) client.remove(KIND, metadata);
    }
  });

  on(["customresourcedefinitions.apiextensions.k8s.io", "apiservices.apiregistration.k8s.io"], () =>
    sync.enqueue("all"),
  );
  sync.enqueue("all");
}
