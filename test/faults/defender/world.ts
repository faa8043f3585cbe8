import type { Budget, Config } from "../../../functions/defender/config.ts";

const SECOND = 1_000;
/** In place of those of the program, so short that tokens come back while a run lasts. */
export const CAPS: readonly Budget[] = [
  { name: "cap", scope: "fleet", limits: [{ most: 90, per: 2 * SECOND }], inFlight: 400 },
];

const config = (cluster: number, pool: number, target: number): Config => ({
  budgets: [
    {
      name: "cluster",
      scope: "cluster",
      limits: [
        { most: cluster, per: SECOND },
        { most: 2 * cluster, per: 5 * SECOND },
      ],
    },
    { name: "pool", scope: "pool", operations: ["drain"], limits: [{ most: pool, per: 3 * SECOND }] },
    {
      name: "target",
      scope: "target",
      limits: [
        { most: 1, per: SECOND },
        { most: target, per: 10 * SECOND },
      ],
    },
  ],
  trust: [{ level: "act" }],
  calendars: [],
  settings: { epsilon: 2_200, notAfter: 1_000, staleLeases: { percent: 20, atLeast: 3 }, dangerous: [] },
});
/** They take turns while the load is on. */
export const CONFIGS: readonly Config[] = [config(20, 8, 3), config(12, 8, 2), config(20, 5, 3)];

export const CLUSTERS = ["a", "b", "c", "d"];
export const POOLS = ["gpu", "cpu", ""];
export const OPERATIONS = ["drain", "cordon"];
export const TARGETS = Array.from({ length: 40 }, (_, n) => `node-${n}`);
