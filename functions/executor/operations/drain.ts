import Type from "typebox";
import type { KubeObject } from "#broker/kube/index.ts";
import { DURATION_PATTERN, durationMs } from "#sdk/case/duration.ts";
import { counted } from "#sdk/runtime/text.ts";
import { type Doing, operation } from "../operation.ts";
import { cordonNode, uncordonOwn } from "./cordon.ts";
import { evictPod } from "./evicting.ts";
import { isCordoned } from "./marks.ts";
import { heed, refuse } from "./refuse.ts";

interface Pod extends KubeObject {
  readonly metadata: KubeObject["metadata"] & {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
  };
  readonly status?: { readonly phase?: string };
}

const MIRROR = "kubernetes.io/config.mirror";

/** A DaemonSet would put its pod back onto the node at once; a mirror pod is the kubelet's picture of a file. */
export function isLeftAlone({ metadata, status }: Pod): boolean {
  if (metadata.annotations && MIRROR in metadata.annotations) return true;
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return true;
  return metadata.ownerReferences?.some(({ kind, controller }) => kind === "DaemonSet" && controller === true) === true;
}

const toGo = async ({ hands, granted }: Pick<Doing, "hands" | "granted">): Promise<readonly KubeObject[]> =>
  (await hands.podsOn(granted.target.name)).filter((pod) => !isLeftAlone(pod as Pod));

export const drain = operation({
  name: "drain",
  does: "cordons the node and evicts its pods, as their disruption budgets allow",
  params: Type.Object({
    within: Type.String({ pattern: DURATION_PATTERN, maxLength: 20, duration: true, default: "10m" }),
  }),
  targets: ["v1/Node"],
  destructive: true,
  dangerous: false,
  rights: [
    { group: "", resource: "nodes", verbs: ["get", "patch"] },
    { group: "", resource: "pods", verbs: ["get", "list"] },
    { group: "", resource: "pods/eviction", verbs: ["create"] },
  ],
  within: ({ within }) => durationMs(within, "within"),
  evidence: async (doing) =>
    (await toGo(doing)).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).slice(0, 250),
  async act(doing) {
    await heed("drain", doing, "nothing");
    const { holds } = await cordonNode(doing);
    // From here on something was done: what is refused ends the drain, and is told with what came before.
    const pods = await toGo(doing);
    let evicted = 0;
    for (const pod of pods) {
      const soFar = `cordoned, ${evicted} of ${counted(pods.length, "pod")} evicted`;
      const how = await evictPod("drain", doing, pod, soFar);
      if (how === "held")
        throw refuse(
          "drain",
          doing,
          `${pod.metadata.namespace}/${pod.metadata.name} is held by its disruption budget (${soFar})`,
        );
      if (how === "evicted") evicted += 1;
    }
    return { message: `drained: ${counted(evicted, "pod")} evicted`, holds };
  },
  async verify(doing) {
    if (doing.target === undefined) return "lost";
    if (!isCordoned(doing.target)) return "pending";
    return (await toGo(doing)).length === 0 ? "done" : "pending";
  },
  undo: uncordonOwn,
});
