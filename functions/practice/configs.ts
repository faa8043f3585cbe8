import { ACTED_ON } from "./remedies.ts";

export interface PracticeConfig {
  readonly apiVersion: "roundsman.dev/v1alpha1";
  readonly kind: "ProbeConfig";
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly case: string;
    readonly params?: Readonly<Record<string, string | number>>;
    readonly for?: string;
    readonly clear: string;
    readonly strategy?: "act";
  };
}

interface Pace {
  readonly for?: string;
  readonly clear?: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** How long each problem must last here. Where a case takes that from a parameter, the parameter is set. */
const PACE: Readonly<Record<string, Pace>> = {
  "network/duplicate-pod-ip": { for: "2s" },
  "network/service-without-endpoints": { for: "3s" },
  "network/service-selects-two-owners": { for: "3s" },
  "workload/stuck-terminating": { params: { after: "3s" } },
  "workload/orphaned-pod": { for: "3s" },
  // Between two crashes it runs for a moment: that is no recovery.
  "workload/crash-loop": { for: "2s", clear: "4s", params: { restarts: 2 } },
  "workload/mass-restarts": { for: "2s", params: { share: 0.2, window: "8s" } },
  // A pod here is ready within two seconds.
  "workload/pending-too-long": { params: { after: "4s" } },
  "workload/image-pull-failing": { for: "2s" },
  // A Deployment says itself when it is late; others roll out for some ten seconds.
  "workload/rollout-stuck": { for: "15s" },
  "storage/dangling-volume": { for: "3s" },
  "control-plane/dangling-crd": { for: "3s" },
  "control-plane/webhook-without-backend": { for: "2s" },
  "control-plane/unserved-apiservice": { for: "2s" },
  "node/not-ready": { for: "2s" },
  "node/task-hung": { for: "2s", params: { window: "6s" } },
  "node/pressure": { for: "2s" },
  "node/version-skew": { for: "3s", params: { poolLabel: "node.kubernetes.io/pool" } },
  // Leases are renewed every 2 s here.
  "node/lease-stale": { for: "2s", params: { after: "6s" } },
  "node/requests-exceed-allocatable": { for: "3s" },
};

/** Configuration under which findings come and go within seconds, as the practice cluster's faults do. */
export const practiceConfigs = (): readonly PracticeConfig[] =>
  Object.entries(PACE).map(([name, { params, clear = "2s", for: lasts }]) => ({
    apiVersion: "roundsman.dev/v1alpha1",
    kind: "ProbeConfig",
    metadata: { name: `practice-${name.replace("/", "-")}` },
    spec: {
      case: name,
      ...(params && { params }),
      ...(lasts !== undefined && { for: lasts }),
      clear,
      ...(ACTED_ON.has(name) && { strategy: "act" as const }),
    },
  }));
