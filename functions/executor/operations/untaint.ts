import Type from "typebox";
import { operation } from "../operation.ts";
import { annotationOf, specOf, taintMark } from "./marks.ts";
import { refuse } from "./refuse.ts";
import { EFFECTS, taintKey } from "./taint.ts";

export const untaint = operation({
  name: "untaint",
  does: "takes a taint of ours off the node; what a person or Kubernetes set stays",
  params: Type.Object({
    key: taintKey,
    effect: Type.Unsafe<(typeof EFFECTS)[number]>({ type: "string", enum: [...EFFECTS] }),
  }),
  targets: ["v1/Node"],
  destructive: false,
  dangerous: false,
  rights: [{ group: "", resource: "nodes", verbs: ["get", "patch"] }],
  releases: ["taint"],
  within: () => 10_000,
  async act(doing) {
    const { hands, target, params } = doing;
    const { key, effect } = params;
    const taints = specOf(target).taints ?? [];
    const left = taints.filter((one) => one.key !== key || one.effect !== effect);
    if (left.length === taints.length) return { message: "it had no such taint" };
    if (annotationOf(target, taintMark(key)) === undefined)
      throw refuse("untaint", doing, `somebody else set ${key}:${effect}, who alone may take it off`);
    await hands.merge(target, { metadata: { annotations: { [taintMark(key)]: null } }, spec: { taints: left } });
    return { message: `untainted ${key}:${effect}` };
  },
  async verify({ target, params: { key, effect } }) {
    if (target === undefined) return "lost";
    return specOf(target).taints?.some((one) => one.key === key && one.effect === effect) ? "pending" : "done";
  },
});
