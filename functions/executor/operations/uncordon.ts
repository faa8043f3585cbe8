import Type from "typebox";
import { operation } from "../operation.ts";
import { annotationOf, CORDONED, isCordoned } from "./marks.ts";
import { refuse } from "./refuse.ts";

export const uncordon = operation({
  name: "uncordon",
  does: "pods may come onto the node again; what a person cordoned stays cordoned",
  params: Type.Object({}),
  targets: ["v1/Node"],
  destructive: false,
  dangerous: false,
  rights: [{ group: "", resource: "nodes", verbs: ["get", "patch"] }],
  releases: ["cordon", "drain"],
  within: () => 10_000,
  async act(doing) {
    const { hands, target } = doing;
    if (!isCordoned(target)) return { message: "it was not cordoned" };
    if (annotationOf(target, CORDONED) === undefined)
      throw refuse("uncordon", doing, "somebody else cordoned it, who alone may uncordon it");
    await hands.merge(target, { metadata: { annotations: { [CORDONED]: null } }, spec: { unschedulable: null } });
    return { message: "uncordoned" };
  },
  verify: async ({ target }) => (target === undefined ? "lost" : isCordoned(target) ? "pending" : "done"),
});
