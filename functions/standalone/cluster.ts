import { type Access, connect, findAccess, type KubeClient, plainAccess } from "#broker/kube/index.ts";
import { systemClock } from "#functions/practice/clock.ts";
import { practiceConfigs } from "#functions/practice/configs.ts";
import { startPractice } from "#functions/practice/practice.ts";
import { practiceRemedies } from "#functions/practice/remedies.ts";
import { sayError } from "#sdk/errors.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Env } from "#sdk/runtime/settings.ts";
import type { Settings } from "./settings.ts";

/** The cluster that is inspected. */
export interface WatchedCluster {
  readonly name: string;
  readonly client: KubeClient;
  /** For people: where it is and why this one. */
  readonly says: string;
  /** What runs there unless the user says otherwise. */
  readonly configs: readonly Resource[];
  /** Nobody is harmed there. */
  readonly isPractice: boolean;
  /** This runs in it. */
  readonly isHome: boolean;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly settings: Pick<Settings, "kubeconfig" | "context" | "cluster">;
  readonly env: Env;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

function client(access: Access, { clock, random, logger }: ClusterOptions): KubeClient {
  return connect(access, { clock, random, log: logger });
}

/** The one that is named, or the account of the pod; undefined where there is neither. */
export function namedCluster(options: ClusterOptions): WatchedCluster | undefined {
  const { kubeconfig, context, cluster } = options.settings;
  const access = findAccess({
    env: options.env,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  });
  if (!access) return undefined;
  const connected = client(access, options);
  const name = cluster ?? access.cluster;
  return {
    name,
    client: connected,
    says: `cluster ${name} at ${access.server} (${access.source})`,
    configs: [],
    isPractice: false,
    isHome: access.inCluster === true,
    close: async () => connected.close(),
  };
}

/** A lively cluster of our own on loopback. */
export async function practiceCluster(options: ClusterOptions): Promise<WatchedCluster> {
  const { random, logger, settings } = options;
  const practice = await startPractice({
    clock: systemClock,
    random,
    report: (e) => logger.error({ err: sayError(e) }, "the practice cluster"),
  });
  const name = settings.cluster ?? "practice";
  const connected = client(plainAccess(practice.url, name), options);
  return {
    name,
    client: connected,
    says: `the practice cluster at ${practice.url}, because none is named: its faults come and go by themselves. Name your own with --kubeconfig or KUBECONFIG`,
    configs: [...practiceConfigs(), ...practiceRemedies()] as Resource[],
    isPractice: true,
    isHome: false,
    close: async () => {
      connected.close();
      await practice.close();
    },
  };
}
