import Type from "typebox";
import { operation } from "../operation.ts";
import { annotationOf } from "./marks.ts";

/** Kubernetes' own keys mean things, and ours tell our claims from people's: nobody else sets them. */
const KEY =
  "^(?!([a-z0-9.-]*\\.)?(kubernetes\\.io|k8s\\.io|roundsman\\.dev)/)([a-z0-9][a-z0-9.-]{0,251}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$";

export const annotate = operation({
  name: "annotate",
  does: "sets annotations, for people and for controllers that go by them",
  params: Type.Object({
    annotations: Type.Record(Type.String({ pattern: KEY, maxLength: 316 }), Type.String({ maxLength: 4096 }), {
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 20,
    }),
  }),
  targets: ["v1/Node", "v1/Pod", "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet"],
  destructive: false,
  dangerous: false,
  rights: [
    { group: "", resource: "nodes", verbs: ["get", "patch"] },
    { group: "", resource: "pods", verbs: ["get", "patch"] },
    { group: "apps", resource: "deployments", verbs: ["get", "patch"] },
    { group: "apps", resource: "statefulsets", verbs: ["get", "patch"] },
    { group: "apps", resource: "daemonsets", verbs: ["get", "patch"] },
  ],
  within: () => 10_000,
  async act({ hands, target, params: { annotations } }) {
    await hands.merge(target, { metadata: { annotations } });
    return { message: `annotated with ${Object.keys(annotations).join(", ")}` };
  },
  async verify({ target, params: { annotations } }) {
    if (target === undefined) return "lost";
    return Object.entries(annotations).every(([key, value]) => annotationOf(target, key) === value)
      ? "done"
      : "pending";
  },
});
