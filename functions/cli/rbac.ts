import { stringify } from "yaml";
import { type Discovery, findResource, type Resource } from "#broker/kube/index.ts";
import { isInAll } from "#broker/table/tables.ts";
import { OPERATIONS } from "#functions/executor/operations/index.ts";
import { rulesOf as executorRules } from "#functions/executor/rights.ts";
import { namedCluster } from "#functions/process/cluster.ts";
import { BUILT_IN_RESOURCES } from "#functions/standalone/built-in-resources.ts";
import { readConfigFiles } from "#functions/standalone/config-files.ts";
import { CONFIG_RIGHTS } from "#functions/watcher/config-source.ts";
import { isOwnKind } from "#sdk/case/own-kinds.ts";
import { fault } from "#sdk/errors.ts";
import { type Instance, instancesOn, kindsOf } from "#sdk/resources/instances.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { counted } from "#sdk/runtime/text.ts";
import type { VersionedContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { isForPeople, loadCases } from "./loaded.ts";

export interface RbacOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly cases?: readonly string[];
  readonly config?: string;
  /** Only there, for what stands in a namespace. */
  readonly namespace?: readonly string[];
  readonly accountNamespace: string;
  /** Instead of the watcher's: the executor's, of these operations or (true) of all. */
  readonly executor?: string | true;
  /** Instead: what reading its configuration from the cluster takes beside the watcher's role. */
  readonly configFromCluster?: boolean;
}

const VERBS = ["list", "watch"];
/** What scopes need (owner, zone, pool), whether a case reads it or not. */
const ALWAYS = ["v1/Namespace", "v1/Node"];
const DEFINITIONS = "apiextensions.k8s.io/v1/CustomResourceDefinition";
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

export interface Rules {
  /** For what stands in no namespace. */
  readonly cluster: readonly Rule[];
  readonly namespaced: readonly Rule[];
  /** Kinds that are not served. */
  readonly unknown: readonly string[];
}

function rulesOf(resources: readonly Resource[]): Rule[] {
  const plurals = new Map<string, Set<string>>();
  for (const { group, plural } of resources) plurals.set(group, (plurals.get(group) ?? new Set()).add(plural));
  return [...plurals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, names]) => ({ apiGroups: [group], resources: [...names].sort(), verbs: VERBS }));
}

/** The read-only rights for what these instances read: named resources only, never secrets, never `*`. */
export function rulesFor(instances: readonly Instance[], { resources }: Pick<Discovery, "resources">): Rules {
  const wanted = new Set([...ALWAYS, ...instances.flatMap(({ manifest }) => kindsOf(manifest))]);
  const readsAll = wanted.delete("*");
  for (const kind of wanted) if (isOwnKind(kind)) wanted.delete(kind);
  const named: Resource[] = [];
  const unknown: string[] = [];
  for (const kind of wanted) {
    const resource = findResource({ resources, failed: [] }, kind);
    if (resource) named.push(resource);
    else unknown.push(kind);
  }
  // Whether a kind that is not served could be is asked of the definitions.
  const definitions = unknown.length > 0 ? findResource({ resources, failed: [] }, DEFINITIONS) : undefined;
  const all = resources.filter(
    ({ apiVersion, kind, preferred, verbs }) =>
      readsAll && preferred && VERBS.every((verb) => verbs.includes(verb)) && isInAll(`${apiVersion}/${kind}`),
  );
  const needed = [...new Set([...named, ...(definitions ? [definitions] : []), ...all])];
  return {
    cluster: rulesOf(needed.filter((one) => !one.namespaced)),
    namespaced: rulesOf(needed.filter((one) => one.namespaced)),
    unknown,
  };
}

const WATCHER = "roundsman-watcher";
const EXECUTOR = "roundsman-executor";
const CONFIG = "roundsman-config";
const LABELS = { "app.kubernetes.io/name": "roundsman" };
const GROUP = "rbac.authorization.k8s.io";

/** A role and its binding; in every namespace where none is named. */
function grant(
  name: string,
  rules: readonly Rule[],
  account: string,
  namespace?: string,
  who: string = name,
): object[] {
  const apiVersion = `${GROUP}/v1`;
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  const metadata = { name, ...(namespace !== undefined && { namespace }), labels: LABELS };
  const subjects = [{ kind: "ServiceAccount", name: who, namespace: account }];
  return [
    { apiVersion, kind, metadata, rules },
    { apiVersion, kind: `${kind}Binding`, metadata, roleRef: { apiGroup: GROUP, kind, name }, subjects },
  ];
}

/** The account and what it may, for kubectl. */
export function rbacDocuments({ cluster, namespaced }: Rules, account: string, only?: readonly string[]): object[] {
  return [
    ...accountOf(WATCHER, account),
    ...(only === undefined
      ? grant(WATCHER, merged(cluster, namespaced), account)
      : [
          ...grant(WATCHER, cluster, account),
          ...only.flatMap((namespace) => grant(WATCHER, namespaced, account, namespace)),
        ]),
  ];
}

const accountOf = (name: string, namespace: string): object[] => [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: LABELS } },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels: LABELS } },
];

/** What the watcher needs to read its configuration from the cluster, and to say there what came of it. */
export function configDocuments(account: string): object[] {
  const rules = CONFIG_RIGHTS.map(({ resources, verbs }) => ({
    apiGroups: ["roundsman.dev"],
    resources: [...resources].sort(),
    verbs,
  }));
  return [...accountOf(WATCHER, account), ...grant(CONFIG, rules, account, undefined, WATCHER)];
}

/**
 * The executor's account and role, for these operations or for all. It writes, so it is an account of its own.
 * @throws config-invalid: there is no such operation
 */
export function executorDocuments(account: string, names?: readonly string[]): object[] {
  const known = OPERATIONS.map(({ name }) => name);
  const strange = names?.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw fault("config-invalid", {
      where: "The command line",
      key: "--executor",
      what: `names the operation "${strange}", which is not known; there are ${known.join(", ")}`,
    });
  const operations = OPERATIONS.filter(({ name }) => names === undefined || names.includes(name));
  return [...accountOf(EXECUTOR, account), ...grant(EXECUTOR, executorRules(operations), account)];
}

/** One rule per group. */
function merged(...lists: readonly (readonly Rule[])[]): Rule[] {
  const byGroup = new Map<string, readonly string[]>();
  for (const { apiGroups, resources } of lists.flat())
    byGroup.set(apiGroups[0]!, [...(byGroup.get(apiGroups[0]!) ?? []), ...resources]);
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, resources]) => ({ apiGroups: [group], resources: [...resources].sort(), verbs: VERBS }));
}

function checkNamespaces({ namespace = [], accountNamespace }: RbacOptions): void {
  const check = (key: string, name: string) => {
    if (!NAMESPACE.test(name))
      throw fault("config-invalid", {
        where: "The command line",
        key,
        what: `is "${name}", which can be no namespace: lower case letters, digits and "-", at most 63`,
      });
  };
  for (const name of namespace) check("--namespace", name);
  check("--account-namespace", accountNamespace);
}

const yaml = (documents: readonly object[]): string =>
  documents.map((d) => stringify(d, { aliasDuplicateObjects: false })).join("---\n");

/** What is served: by the cluster that is named, else by Kubernetes itself. */
async function findServed(context: VersionedContext, options: RbacOptions) {
  const { env } = context.process;
  const base = { settings: options, env, clock: systemClock, random: Math.random, logger: createLogger("warn") };
  const cluster = namedCluster(base);
  if (!cluster)
    return {
      resources: BUILT_IN_RESOURCES,
      says: "Kubernetes' own kinds; name a cluster to have its custom kinds too",
    };
  try {
    const { resources } = await cluster.client.discover();
    return { resources, name: cluster.name, says: `what ${cluster.name} serves` };
  } finally {
    await cluster.close();
  }
}

/** Prints the role, its account and the binding, ready for kubectl. With a cluster named, its custom kinds are in it. */
export async function rbac(context: VersionedContext, options: RbacOptions): Promise<void> {
  const { process } = context;
  const say = (message: string) => process.stderr.write(`roundsman: ${message}\n`);
  checkNamespaces(options);
  if (options.executor !== undefined) {
    const names = options.executor === true ? undefined : options.executor.split(",").map((name) => name.trim());
    const documents = executorDocuments(options.accountNamespace, names);
    process.stdout.write(
      `# The executor's, for ${names?.join(", ") ?? "every operation"}. It may write: bind it only where remedies shall act.\n${yaml(documents)}`,
    );
    return;
  }
  if (options.configFromCluster) {
    process.stdout.write(
      `# For the watcher of the cluster that holds the configuration, beside its own role.\n${yaml(configDocuments(options.accountNamespace))}`,
    );
    return;
  }
  const loaded = await loadCases(context, options.cases ?? []);
  try {
    for (const { message } of loaded.broken) say(message);
    const own = options.config === undefined ? [] : await readConfigFiles(options.config);
    const configs = own.filter((resource) => resource.kind === "ProbeConfig");
    const served = await findServed(context, options);
    const instances = instancesOn(
      { name: served.name ?? options.cluster ?? "cluster" },
      loaded.manifests,
      configs,
    ).filter(({ manifest }) => isForPeople(manifest));
    const rules = rulesFor(instances, served);
    const documents = rbacDocuments(rules, options.accountNamespace, options.namespace);
    process.stdout.write(
      `# Read-only, for ${counted(instances.length, "case")}, from ${served.says}.\n${yaml(documents)}`,
    );
    if (rules.unknown.length > 0) say(`not served, so no right can be named for: ${rules.unknown.join(", ")}`);
    if (loaded.broken.length > 0) process.exitCode = EXIT.failed;
  } finally {
    await loaded.dispose();
  }
}
