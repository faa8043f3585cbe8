import Type from "typebox";
import { operation } from "../operation.ts";

export const deletePod = operation({
  name: "delete-pod",
  does: "ends the pod, whatever disruption budgets say",
  params: Type.Object({ graceSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600 })) }),
  targets: ["v1/Pod"],
  destructive: true,
  dangerous: true,
  rights: [{ group: "", resource: "pods", verbs: ["get", "delete"] }],
  within: ({ graceSeconds = 30 }) => (graceSeconds + 60) * 1000,
  async act({ hands, target, params: { graceSeconds } }) {
    if (target.metadata.deletionTimestamp !== undefined && graceSeconds === undefined)
      return { message: "it was going already" };
    await hands.remove(target, graceSeconds);
    return { message: "deleted" };
  },
  verify: async ({ target }) => (target === undefined ? "done" : "pending"),
});
