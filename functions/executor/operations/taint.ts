import Type from "typebox";
import { operation } from "../operation.ts";
import { annotationOf, specOf, taintMark } from "./marks.ts";

export const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

export const taintKey = Type.String({
  pattern: "^([a-z0-9][a-z0-9.-]{0,200}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,38}[A-Za-z0-9])?$",
  maxLength: 253,
});
export const taintParams = Type.Object({
  key: taintKey,
  value: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$", maxLength: 63 })),
  effect: Type.Unsafe<(typeof EFFECTS)[number]>({ type: "string", enum: [...EFFECTS] }),
});

export const taint = operation({
  name: "taint",
  does: "sets a taint on the node",
  params: taintParams,
  targets: ["v1/Node"],
  destructive: true, // NoExecute ends pods
  dangerous: false,
  rights: [{ group: "", resource: "nodes", verbs: ["get", "patch"] }],
  within: () => 10_000,
  async act({ hands, target, params: { key, value, effect }, granted }) {
    const taints = specOf(target).taints ?? [];
    const there = taints.find((one) => one.key === key && one.effect === effect);
    if (there)
      return annotationOf(target, taintMark(key)) === undefined
        ? { message: "somebody else set that taint already: left as it is", holds: false }
        : { message: "it was tainted already, by an earlier grant", holds: true };
    await hands.merge(target, {
      metadata: { annotations: { [taintMark(key)]: String(granted.fence) } },
      spec: { taints: [...taints, { key, effect, ...(value !== undefined && { value }) }] },
    });
    return { message: `tainted ${key}:${effect}`, holds: true };
  },
  async verify({ target, params: { key, effect } }) {
    if (target === undefined) return "lost";
    return specOf(target).taints?.some((one) => one.key === key && one.effect === effect) ? "done" : "pending";
  },
  async undo({ hands, target, params: { key, effect }, granted }) {
    if (annotationOf(target, taintMark(key)) !== String(granted.fence)) return undefined;
    const taints = specOf(target).taints ?? [];
    const left = taints.filter((one) => one.key !== key || one.effect !== effect);
    await hands.merge(target, { metadata: { annotations: { [taintMark(key)]: null } }, spec: { taints: left } });
    return left.length < taints.length ? `untainted ${key}:${effect}` : undefined;
  },
});
