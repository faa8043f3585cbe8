/** Which cluster, and as whom: a kubeconfig, or the account of the pod that this runs in. Never one that nobody named. */
import { delimiter } from "node:path";
import type { Clock } from "#sdk/runtime/clock.ts";
import { type Credentials, credentialSource } from "./credentials.ts";
import { inClusterAccess } from "./in-cluster.ts";
import { chooseContext, readKubeconfig } from "./kubeconfig.ts";
import { type Env, proxyFor } from "./proxy.ts";

/** All that is needed to talk to one cluster's API server. */
export interface Access {
  /** The kubeconfig context's cluster, or `in-cluster`. */
  readonly cluster: string;
  /** The API server's URL, without a slash at its end. */
  readonly server: string;
  /** The namespace that the context or the pod stands in. */
  readonly namespace: string;
  /** Where it comes from, for people. */
  readonly source: string;
  /** It is that of the pod that this runs in. */
  readonly inCluster?: true;
  /** An http:// or https:// proxy on the way there. */
  readonly proxy?: string;
  /**
   * Current credentials, renewed as the plugin or token file says. With those that the server just `rejected`, new ones
   * are fetched. Rejects with `kube-credentials`.
   */
  credentials(rejected?: Credentials): Promise<Credentials>;
}

export interface FindAccessOptions {
  /** A kubeconfig, or several joined as in KUBECONFIG. Goes before the variable. */
  readonly kubeconfig?: string;
  /** Instead of the kubeconfig's current context. */
  readonly context?: string;
  /** KUBECONFIG, KUBERNETES_SERVICE_HOST and _PORT, HTTPS_PROXY, HTTP_PROXY, NO_PROXY; exec plugins get all of it. */
  readonly env: Env;
  /** Where the pod's account is mounted. Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly inClusterDir?: string;
  /** For the expiry of credentials. Default `Date`. */
  readonly clock?: Pick<Clock, "now">;
}

/**
 * `--kubeconfig` or KUBECONFIG, else the in-cluster account, else undefined; `~/.kube/config` only when named.
 * Throws `kube-config-*`, `kube-context-unknown`, `kube-in-cluster-invalid`, `kube-auth-unsupported`, `kube-proxy-unsupported`.
 */
export function findAccess(options: FindAccessOptions): Access | undefined {
  const { kubeconfig, env, clock = Date } = options;
  const now = () => clock.now();
  if (kubeconfig !== undefined && kubeconfig !== "") {
    return kubeconfigAccess(kubeconfig.split(delimiter), options.context, env, now, true);
  }
  const files = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  if (files.length > 0) return kubeconfigAccess(files, options.context, env, now, false);
  return inClusterAccess({ env, now, ...(options.inClusterDir === undefined ? {} : { dir: options.inClusterDir }) });
}

/** Access to a server that asks for no credentials, such as the practice cluster's. */
export const plainAccess = (server: string, cluster: string): Access => ({
  cluster,
  server: server.replace(/\/+$/, ""),
  namespace: "default",
  source: cluster,
  credentials: async () => ANONYMOUS,
});

const ANONYMOUS: Credentials = { tls: { rejectUnauthorized: true }, headers: {} };

function kubeconfigAccess(
  files: readonly string[],
  context: string | undefined,
  env: Env,
  now: () => number,
  all: boolean,
): Access {
  const config = readKubeconfig(files, all);
  const chosen = chooseContext(config, context);
  const source = `${config.files}, context ${chosen.context}`;
  const proxy = proxyFor(chosen.cluster.server, env, chosen.cluster.proxy, source);
  return {
    cluster: chosen.clusterName,
    server: chosen.cluster.server,
    namespace: chosen.namespace,
    source,
    ...(proxy === undefined ? {} : { proxy }),
    credentials: credentialSource({ cluster: chosen.cluster, login: chosen.login, source, env, now }),
  };
}
