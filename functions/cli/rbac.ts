import { stringify } from "yaml";
import { type Discovery, findResource, type Resource } from "#broker/kube/index.ts";
import { isInAll } from "#broker/table/tables.ts";
import { namedCluster } from "#functions/standalone/cluster.ts";
import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { type Instance, instancesOn, kindsOf } from "#sdk/resources/instances.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { BUILT_IN_RESOURCES } from "./built-in-resources.ts";
import type { VersionedContext } from "./context.ts";
import { loadCases } from "./loaded.ts";

export interface RbacOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly cases?: string[];
  readonly config?: string;
  readonly namespace: string;
}

const VERBS = ["get", "list", "watch"];
/** What scopes need (owner, zone, pool), whether a case reads it or not. */
const ALWAYS = ["v1/Namespace", "v1/Node"];

/** The read-only rights for what these instances read: named resources only, never secrets, never `*`. */
export function rulesFor(
  instances: readonly Instance[],
  { resources }: Pick<Discovery, "resources">,
): { rules: object[]; unknown: string[] } {
  const wanted = new Set([...ALWAYS, ...instances.flatMap(({ manifest }) => kindsOf(manifest))]);
  const plurals = new Map<string, Set<string>>();
  const add = ({ group, plural }: Resource) => plurals.set(group, (plurals.get(group) ?? new Set()).add(plural));
  const unknown: string[] = [];
  for (const kind of wanted) {
    if (kind === "roundsman/Cluster") continue;
    if (kind === "*") {
      for (const resource of resources)
        if (
          resource.preferred &&
          resource.verbs.includes("watch") &&
          isInAll(`${resource.apiVersion}/${resource.kind}`)
        )
          add(resource);
      continue;
    }
    const resource = findResource({ resources, failed: [] }, kind);
    if (resource) add(resource);
    else unknown.push(kind);
  }
  const rules = [...plurals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, names]) => ({ apiGroups: [group], resources: [...names].sort(), verbs: VERBS }));
  return { rules, unknown };
}

/** Prints the role, its account and the binding, ready for kubectl. With a cluster named, its custom kinds are in it. */
export async function rbac(context: VersionedContext, options: RbacOptions): Promise<void> {
  const { process } = context;
  const loaded = await loadCases(context, options.cases ?? []);
  try {
    for (const { message } of loaded.broken) process.stderr.write(`roundsman: ${message}\n`);
    const configs = (options.config === undefined ? [] : await readConfigFiles(options.config)).filter(
      (r) => r.kind === "ProbeConfig",
    );
    const instances = instancesOn({ name: options.cluster ?? "cluster" }, loaded.manifests, configs);
    const base = {
      settings: options,
      env: process.env,
      clock: systemClock,
      random: Math.random,
      logger: createLogger("warn"),
    };
    const cluster = namedCluster(base);
    let served: Pick<Discovery, "resources"> = { resources: BUILT_IN_RESOURCES };
    if (cluster) {
      served = await cluster.client.discover();
      await cluster.close();
    }
    const { rules, unknown } = rulesFor(instances, served);
    const name = "roundsman-watcher";
    const labels = { "app.kubernetes.io/name": "roundsman" };
    const rbacApi = "rbac.authorization.k8s.io";
    const documents = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: options.namespace, labels } },
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: options.namespace, labels } },
      { apiVersion: `${rbacApi}/v1`, kind: "ClusterRole", metadata: { name, labels }, rules },
      {
        apiVersion: `${rbacApi}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name, labels },
        roleRef: { apiGroup: rbacApi, kind: "ClusterRole", name },
        subjects: [{ kind: "ServiceAccount", name, namespace: options.namespace }],
      },
    ];
    const from = cluster
      ? `what ${cluster.name} serves`
      : "Kubernetes' own kinds; name a cluster to have its custom kinds too";
    process.stdout.write(
      `# Read-only, for ${instances.length} cases, from ${from}.\n${documents.map((d) => stringify(d)).join("---\n")}`,
    );
    if (unknown.length > 0)
      process.stderr.write(`roundsman: not served, so no right can be named for: ${unknown.join(", ")}\n`);
  } finally {
    await loaded.dispose();
  }
}
