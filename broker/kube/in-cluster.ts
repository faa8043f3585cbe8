/** The account of the pod that this runs in. */
import { existsSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { fault, sayError } from "#sdk/errors.ts";
import type { Access } from "./access.ts";
import { credentialSource } from "./credentials.ts";
import { type Env, proxyFor } from "./proxy.ts";

const MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface InClusterOptions {
  readonly env: Env;
  readonly now: () => number;
  readonly dir?: string;
}

/** Undefined outside of a pod, and in a pod that has no account mounted. Throws `kube-in-cluster-invalid`. */
export function inClusterAccess({ env, now, dir = MOUNT }: InClusterOptions): Access | undefined {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port || !existsSync(dir)) return undefined;
  for (const file of ["token", "ca.crt"]) {
    if (!existsSync(join(dir, file))) throw fault("kube-in-cluster-invalid", { dir, what: `${file} is not there` });
  }
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const source = "the in-cluster account";
  const proxy = proxyFor(server, env, undefined, "the environment");
  return {
    cluster: "in-cluster",
    server,
    namespace: namespaceOf(dir),
    source,
    inCluster: true,
    ...(proxy === undefined ? {} : { proxy }),
    credentials: credentialSource({
      cluster: { server, ca: { file: join(dir, "ca.crt") } },
      login: { name: "the pod's account", token: { file: join(dir, "token") } },
      source,
      env,
      now,
    }),
  };
}

function namespaceOf(dir: string): string {
  const file = join(dir, "namespace");
  if (!existsSync(file)) return "default";
  try {
    return readFileSync(file, "utf8").trim();
  } catch (e) {
    throw fault("kube-in-cluster-invalid", { dir, what: sayError(e) }, e);
  }
}
