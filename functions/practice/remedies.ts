const resource = (kind: string, name: string, spec: object) => ({
  apiVersion: "roundsman.dev/v1alpha1",
  kind,
  metadata: { name },
  spec,
});

/** Cases whose findings remedies may be done for here. */
export const ACTED_ON: ReadonlySet<string> = new Set(["node/task-hung", "node/not-ready"]);

/** Remedies that come within seconds, as faults do: one is granted, another finds the budget spent. */
export const practiceRemedies = (): readonly object[] => [
  resource("Defender", "defender", { trust: [{ level: "drain" }] }),
  // Faults come round every ninety seconds here.
  resource("Budget", "one-per-target", { scope: "target", limits: [{ most: 1, per: "1m" }] }),
  // Two nodes hang at once: one of them is drained.
  resource("Budget", "one-drain-at-a-time", {
    scope: "cluster",
    operations: ["drain"],
    limits: [{ most: 1, per: "30s" }],
    override: "nobody; this is the practice cluster",
  }),
  resource("Remedier", "hung-nodes", {
    strategy: "act",
    match: { finding: { case: ["node/task-hung"] } },
    steps: [{ operation: "drain", params: { within: "1m" } }],
  }),
  resource("Remedier", "nodes-not-ready", {
    strategy: "act",
    match: { finding: { case: ["node/not-ready"] } },
    steps: [{ operation: "cordon" }],
  }),
  resource("Remedier", "nodes-under-pressure", {
    match: { condition: { type: "MemoryPressure" } },
    steps: [{ operation: "drain" }],
  }),
];
