import Type from "typebox";
import { MANAGER } from "../hands.ts";
import { type Doing, operation } from "../operation.ts";
import { annotationOf, CORDONED, isCordoned } from "./marks.ts";

type Node = Pick<Doing, "hands" | "target" | "granted">;

/** Marks the node unschedulable, with the fence. What somebody else cordoned stays theirs. */
export async function cordonNode({ hands, target, granted }: Node) {
  if (isCordoned(target))
    return annotationOf(target, CORDONED) === undefined
      ? { message: "it was cordoned already, by somebody else: left as it is", holds: false }
      : { message: "it was cordoned already, by an earlier grant", holds: true };
  await hands.merge(target, {
    metadata: { annotations: { [CORDONED]: String(granted.fence) } },
    spec: { unschedulable: true },
  });
  return { message: "cordoned", holds: true };
}

/**
 * Uncordons what this fence cordoned. Where the API server notes that somebody else has set the field since, it is
 * theirs: only the mark goes.
 */
export async function uncordonOwn({ hands, target, granted }: Node): Promise<string | undefined> {
  if (annotationOf(target, CORDONED) !== String(granted.fence)) return undefined;
  const unmark = { metadata: { annotations: { [CORDONED]: null } } };
  const manager = isCordoned(target) ? await hands.managerOf(target, "unschedulable") : undefined;
  if (!isCordoned(target) || (manager !== undefined && manager !== MANAGER)) {
    await hands.merge(target, unmark);
    return undefined;
  }
  await hands.merge(target, { ...unmark, spec: { unschedulable: null } });
  return "uncordoned";
}

export const cordon = operation({
  name: "cordon",
  does: "no new pods come onto the node",
  params: Type.Object({}),
  targets: ["v1/Node"],
  destructive: false,
  dangerous: false,
  rights: [{ group: "", resource: "nodes", verbs: ["get", "patch"] }],
  within: () => 10_000,
  act: cordonNode,
  verify: async ({ target }) => (target === undefined ? "lost" : isCordoned(target) ? "done" : "pending"),
  undo: uncordonOwn,
});
