import Type from "typebox";
import { DURATION_PATTERN, durationMs } from "#sdk/case/duration.ts";
import { counted } from "#sdk/runtime/text.ts";
import { operation } from "../operation.ts";
import { specOf } from "./marks.ts";

export const scale = operation({
  name: "scale",
  does: "sets how many replicas are wanted",
  params: Type.Object({
    replicas: Type.Integer({ minimum: 0, maximum: 10_000 }),
    within: Type.String({ pattern: DURATION_PATTERN, maxLength: 20, duration: true, default: "5m" }),
  }),
  targets: ["apps/v1/Deployment", "apps/v1/StatefulSet"],
  destructive: true,
  dangerous: true,
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "apps", resource: "deployments/scale", verbs: ["patch"] },
    { group: "apps", resource: "statefulsets/scale", verbs: ["patch"] },
  ],
  within: ({ within }) => durationMs(within, "within"),
  async act({ hands, target, params: { replicas } }) {
    const before = specOf(target).replicas ?? 1;
    if (before === replicas) return { message: `it had ${counted(replicas, "replica")} already` };
    await hands.merge(target, { spec: { replicas } }, "scale");
    return { message: `scaled from ${before} to ${counted(replicas, "replica")}` };
  },
  async verify({ target, params: { replicas } }) {
    if (target === undefined) return "lost";
    if ((specOf(target).replicas ?? 1) !== replicas) return "pending";
    return ((target.status as { replicas?: number } | undefined)?.replicas ?? 0) === replicas ? "done" : "pending";
  },
});
