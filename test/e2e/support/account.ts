import { writeFileSync } from "node:fs";
import type { Cluster } from "./cluster.ts";
import { roundsman } from "./roundsman.ts";

export interface AccountOptions {
  /** The ServiceAccount that `roundsman rbac` prints with these arguments. */
  readonly name: string;
  readonly namespace: string;
  readonly args: readonly string[];
  /** Where its kubeconfig is written. */
  readonly file: string;
}

/** Applies what `roundsman rbac` prints, and writes a kubeconfig of the account in it. @throws where either fails */
export async function createAccount(
  cluster: Cluster,
  { name, namespace, args, file }: AccountOptions,
): Promise<string> {
  const printed = await roundsman("rbac", "--account-namespace", namespace, ...args);
  if (printed.code !== 0) throw new Error(`roundsman rbac ended with ${printed.code}: ${printed.stderr}`);
  const applied = await cluster.tryKubectl(["apply", "-f", "-"], printed.stdout);
  if (applied.code !== 0) throw new Error(`kubectl apply: ${applied.stderr}`);
  const token = (await cluster.kubectl("create", "token", name, "-n", namespace)).trim();
  const { clusters } = JSON.parse(await cluster.kubectl("config", "view", "--raw", "--flatten", "-o", "json"));
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters,
    users: [{ name: "it", user: { token } }],
    contexts: [{ name: "it", context: { cluster: clusters[0].name, user: "it" } }],
    "current-context": "it",
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
