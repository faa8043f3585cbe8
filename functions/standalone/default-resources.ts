import type { Resource } from "#sdk/resources/schemas.ts";
import { API_VERSION } from "#sdk/resources/schemas.ts";

const resource = (kind: string, name: string, spec: object): Resource =>
  ({ apiVersion: API_VERSION, kind, metadata: { name }, spec }) as Resource;

/**
 * What holds unless somebody writes another resource of the same kind and name: findings go to stdout, and of what a
 * remedier may do, little. Nothing at all is granted before a Defender says how far pools are trusted.
 */
export const DEFAULT_RESOURCES: readonly Resource[] = [
  resource("AlertSubscription", "stdout", { sink: { stdout: {} } }),
  // Two findings on one node repair it once.
  resource("Budget", "one-per-target", { scope: "target", limits: [{ most: 1, per: "30m" }] }),
  resource("Budget", "few-per-cluster", {
    scope: "cluster",
    limits: [
      { most: 3, per: "10m" },
      { most: 10, per: "1h" },
      { most: 30, per: "24h" },
    ],
    inFlight: 3,
    healthy: { atLeast: "80%", coolDown: "5m" },
  }),
];
