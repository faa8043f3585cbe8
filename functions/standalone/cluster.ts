import { plainAccess } from "#broker/kube/index.ts";
import { systemClock } from "#functions/practice/clock.ts";
import { practiceConfigs } from "#functions/practice/configs.ts";
import { startPractice } from "#functions/practice/practice.ts";
import { practiceRemedies } from "#functions/practice/remedies.ts";
import { type ClusterOptions, clientOf, type NamedCluster, namedCluster } from "#functions/process/cluster.ts";
import { sayError } from "#sdk/errors.ts";
import type { Resource } from "#sdk/resources/schemas.ts";

/** The cluster that is inspected. */
export interface WatchedCluster extends Omit<NamedCluster, "namespace"> {
  /** What runs there unless the user says otherwise. */
  readonly configs: readonly Resource[];
  /** Nobody is harmed there. */
  readonly isPractice: boolean;
}

/** The one that is named, or the account of the pod; else a practice cluster. */
export async function watchedCluster(options: ClusterOptions): Promise<WatchedCluster> {
  const named = namedCluster(options);
  return named ? { ...named, configs: [], isPractice: false } : practiceCluster(options);
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
  const connected = clientOf(plainAccess(practice.url, name), options);
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
