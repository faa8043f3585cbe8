import Type from "typebox";
import { DURATION_PATTERN, durationMs } from "#sdk/case/duration.ts";
import { operation } from "../operation.ts";
import { evictPod } from "./evicting.ts";
import { refuse } from "./refuse.ts";

export const evict = operation({
  name: "evict",
  does: "ends the pod where its disruption budget allows it; waits while it does not",
  params: Type.Object({
    within: Type.String({ pattern: DURATION_PATTERN, maxLength: 20, duration: true, default: "5m" }),
  }),
  targets: ["v1/Pod"],
  destructive: true,
  dangerous: false,
  rights: [
    { group: "", resource: "pods", verbs: ["get"] },
    { group: "", resource: "pods/eviction", verbs: ["create"] },
  ],
  within: ({ within }) => durationMs(within, "within"),
  async act(doing) {
    const how = await evictPod("evict", doing, doing.target, "nothing");
    if (how === "held") throw refuse("evict", doing, "its disruption budget allowed no eviction in time");
    return { message: how === "gone" ? "it was going already" : "evicted" };
  },
  verify: async ({ target }) => (target === undefined ? "done" : "pending"),
});
