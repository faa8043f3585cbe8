import Type from "typebox";
import { makeEvent } from "#sdk/event/index.ts";
import { TYPES } from "#sdk/event/types.ts";
import { operation } from "../operation.ts";

export const webhook = operation({
  name: "webhook",
  does: "asks a service of yours to do it: a signed CloudEvent, sent once",
  params: Type.Object({
    url: Type.String({ pattern: "^https?://", maxLength: 2048 }),
    /** For the service, as it is. */
    data: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), Type.Unknown(), { maxProperties: 50 })),
  }),
  targets: ["v1/Node", "v1/Pod", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"],
  destructive: true,
  dangerous: true,
  rights: [
    { group: "", resource: "nodes", verbs: ["get"] },
    { group: "", resource: "pods", verbs: ["get"] },
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "apps", resource: "daemonsets", verbs: ["get"] },
  ],
  within: () => 15_000,
  async act({ hands, params: { url, data }, granted, clock, signal }) {
    const { id, cluster, target, fence } = granted;
    const { kind, namespace = "", name } = target;
    const event = makeEvent({
      // One grant, one id: the service may drop what it has seen.
      id,
      source: `/clusters/${encodeURIComponent(cluster)}/executor`,
      type: TYPES.remedyRequested,
      subject: [kind, namespace, name].join("/"),
      time: new Date(clock.now()).toISOString(),
      data: { cluster, target, fence, ...(data && { data }) },
    });
    const status = await hands.post(url, event, signal);
    return { message: `the service answered ${status}`, seen: true };
  },
  // Only its answer tells: without one nobody knows.
  verify: async () => "pending",
});
