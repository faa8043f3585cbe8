import { setTimeout as wait } from "node:timers/promises";
import { API_VERSION } from "#sdk/resources/schemas.ts";
import { Roundsman } from "#test/e2e/support/roundsman.ts";

/** Nobody is told of the findings: what is measured ends with the ledger. */
const QUIET = {
  apiVersion: API_VERSION,
  kind: "AlertSubscription",
  metadata: { name: "stdout" },
  spec: { match: { severity: "critical", case: ["none/none"] }, sink: { stdout: {} } },
};

/** The real process, as a user starts it. Resolves when all is listed and every check of the first pass is answered. */
export async function startOwn(kubeconfig: string, ...args: string[]): Promise<Roundsman> {
  const own = await Roundsman.start({
    kubeconfig,
    configs: [],
    resources: [QUIET],
    args,
    // Such as --cpu-prof --cpu-prof-dir=DIR, to see where it goes.
    nodeArgs: process.env.BENCH_NODE_ARGS?.split(" ") ?? [],
  });
  while ((await own.metric("roundsman_unanswered_seconds", 0)) > 0) await wait(20);
  return own;
}

export async function endOwn(own: Roundsman): Promise<void> {
  await own.stop();
  own.remove();
}

export const openFindings = async (own: Roundsman): Promise<number> =>
  (await own.findings()).filter(({ state }) => state === "open").length;
