import { setTimeout as wait } from "node:timers/promises";
import { type WatchedCluster, watchedCluster } from "#functions/standalone/cluster.ts";
import type { NamespaceScope } from "#functions/standalone/scope.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { listLive } from "./live.ts";
import type { Looking } from "./scan.ts";

export interface LiveOptions extends NamespaceScope {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
}

export interface LiveInput {
  readonly env: NodeJS.ProcessEnv;
  readonly instancesFor: (cluster: string, defaults: readonly Resource[]) => readonly Instance[];
  readonly say: (message: string) => void;
  /** For a terminal; "" = it is done. */
  readonly progress: (text: string) => void;
}

/** ms: it begins without a fault, and has some by then. */
const PRACTICE = 6_000;

/** The cluster that is named, or where none is, the practice cluster: which is said. */
async function findCluster(options: LiveOptions, { env, say }: LiveInput): Promise<WatchedCluster> {
  const base = { settings: options, env, clock: systemClock, random: Math.random, logger: createLogger("warn") };
  const cluster = await watchedCluster(base);
  if (!cluster.isPractice) return cluster;
  say(`looking at ${cluster.says}, or give a dump with -f. It runs for ${PRACTICE / 1_000} s first`);
  await wait(PRACTICE);
  return cluster;
}

export async function fromCluster(options: LiveOptions, input: LiveInput): Promise<Looking> {
  const cluster = await findCluster(options, input);
  try {
    const { instances, skipped, all, ...snapshot } = await listLive({
      client: cluster.client,
      instances: input.instancesFor(cluster.name, cluster.configs),
      ...(options.namespace && { namespaces: options.namespace }),
      progress: (kind) => input.progress(`listing ${kind}`),
    });
    input.progress("");
    return { cluster: cluster.name, instances, snapshot, all, now: Date.now(), skipped, errors: [] };
  } finally {
    await cluster.close();
  }
}
