import type { Fault } from "./fault.ts";

const LEDGER = { name: "ledger-api", namespace: "payments" };
const DEADLINE = 3;

/** A new version that never becomes ready; the old one serves on. */
export const rolloutStuck: Fault = {
  name: "rollout-stuck",
  expects: "workload/rollout-stuck",
  findings: [{ kind: "Deployment", ...LEDGER }],
  ripens: 6_500,
  make({ client }) {
    client.edit("apps/v1/Deployment", LEDGER, ({ spec }) => {
      spec.progressDeadlineSeconds = DEADLINE;
      for (const container of spec.template.spec?.containers ?? [])
        container.readinessProbe = { exec: { command: ["false"] } };
    });
  },
  mend({ client }) {
    client.edit("apps/v1/Deployment", LEDGER, ({ spec }) => {
      spec.progressDeadlineSeconds = 600;
      for (const container of spec.template.spec?.containers ?? []) delete container.readinessProbe;
    });
  },
};
