import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** What a ProbeConfig says of one case. */
export interface Config {
  readonly case: string;
  readonly for?: string;
  readonly clear?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** ms: how long a condition must last, in most cases; how long it must be gone; a time-out's length. */
export const FOR = 2_000;
export const CLEAR = 1_000;
export const AFTER = 3_000;
export const POOL_LABEL = "e2e.example.com/pool";

const quick = { for: `${FOR / 1_000}s`, clear: `${CLEAR / 1_000}s` } as const;
const { clear } = quick;
const after = `${AFTER / 1_000}s`;

/** All shipped inspections, in seconds. Where `for` is left out it is the case's own: none, or the param `after`. */
export const CONFIGS: readonly Config[] = [
  { case: "control-plane/dangling-crd", ...quick },
  { case: "control-plane/unserved-apiservice", ...quick },
  { case: "control-plane/webhook-without-backend", ...quick },
  { case: "network/duplicate-pod-ip", ...quick },
  { case: "network/service-selects-two-owners", ...quick },
  { case: "network/service-without-endpoints", ...quick },
  { case: "node/lease-stale", clear, params: { after } },
  { case: "node/not-ready", ...quick },
  { case: "node/pressure", ...quick },
  { case: "node/requests-exceed-allocatable", ...quick },
  { case: "node/task-hung", for: "0s", clear, params: { window: after } },
  { case: "node/version-skew", ...quick, params: { poolLabel: POOL_LABEL } },
  { case: "storage/dangling-volume", ...quick },
  { case: "workload/crash-loop", ...quick, params: { restarts: 1 } },
  { case: "workload/image-pull-failing", ...quick },
  { case: "workload/mass-restarts", ...quick, for: "0s", params: { window: after } },
  { case: "workload/orphaned-pod", ...quick },
  { case: "workload/pending-too-long", clear, params: { after } },
  { case: "workload/rollout-stuck", ...quick },
  { case: "workload/stuck-terminating", clear, params: { after } },
];

/** The same with other params for some. */
export const withParams = (
  configs: readonly Config[],
  params: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Config[] => configs.map((config) => ({ ...config, ...(params[config.case] && { params: params[config.case] }) }));

/** ProbeConfigs as the files of a folder for `--config`. */
export function writeConfigs(dir: string, configs: readonly Config[]): void {
  mkdirSync(dir, { recursive: true });
  for (const config of configs) {
    const name = config.case.replace("/", "-");
    const resource = { apiVersion: "roundsman.dev/v1alpha1", kind: "ProbeConfig", metadata: { name }, spec: config };
    writeFileSync(join(dir, `${name}.yaml`), stringify(resource));
  }
}
