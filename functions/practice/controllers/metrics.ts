import { quantity } from "#sdk";
import { every, timestamp } from "../clock.ts";
import { resource } from "../store/resources.ts";
import type { ControllerContext } from "./context.ts";
import { isActive } from "./pods.ts";

const KIND = "metrics.k8s.io/v1beta1/NodeMetrics";

/** Plays the metrics server: an aggregated API that can be read, not watched. */
export function runMetrics({ store, client, clock, random }: ControllerContext, interval: number): void {
  const readable = { namespaced: false, verbs: ["get", "list"], singular: "" } as const;
  store.catalog.add(resource("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", readable));

  const measure = () => {
    const pods = client.list("v1/Pod").filter(isActive);
    for (const { metadata } of client.list("v1/Node")) {
      const there = pods.filter(({ spec }) => spec.nodeName === metadata.name).flatMap(({ spec }) => spec.containers);
      const used = (name: string) =>
        there.reduce((sum, { resources }) => sum + quantity(resources?.requests?.[name]), 0) * (0.5 + random() * 0.2);
      const sample = {
        timestamp: timestamp(clock.now()),
        window: "20s",
        usage: { cpu: `${Math.round(used("cpu") * 1000)}m`, memory: `${Math.round(used("memory") / 1024)}Ki` },
      };
      if (client.get(KIND, metadata)) client.edit(KIND, metadata, (draft) => void Object.assign(draft, sample));
      else client.create(KIND, { metadata: { name: metadata.name }, ...sample });
    }
  };
  every(clock, interval, measure);
}
