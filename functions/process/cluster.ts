import { type Access, connect, findAccess, type KubeClient } from "#broker/kube/index.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Env } from "#sdk/runtime/settings.ts";

/** A cluster, and how it is reached. */
export interface NamedCluster {
  readonly name: string;
  readonly client: KubeClient;
  /** For people: where it is and why this one. */
  readonly says: string;
  /** That of the context, or of the pod. */
  readonly namespace: string;
  /** This runs in it. */
  readonly isHome: boolean;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly settings: { readonly kubeconfig?: string; readonly context?: string; readonly cluster?: string };
  readonly env: Env;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export function clientOf(access: Access, { clock, random, logger }: ClusterOptions): KubeClient {
  return connect(access, { clock, random, log: logger });
}

/** The one that is named, or the account of the pod; undefined where there is neither. */
export function namedCluster(options: ClusterOptions): NamedCluster | undefined {
  const { kubeconfig, context, cluster } = options.settings;
  const access = findAccess({
    env: options.env,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  });
  if (!access) return undefined;
  const client = clientOf(access, options);
  const name = cluster ?? access.cluster;
  return {
    name,
    client,
    says: `cluster ${name} at ${access.server} (${access.source})`,
    namespace: access.namespace,
    isHome: access.inCluster === true,
    close: async () => client.close(),
  };
}
