/** Reads kubeconfig files and merges them as kubectl does: of two entries of one name the first file's counts, whole. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { fault, sayError } from "#sdk/errors.ts";
import { isRecord, textOf } from "./fields.ts";
import { type ClusterEntry, type Login, readCluster, readLogin } from "./kubeconfig-entries.ts";

/** One named entry, with the folder that its relative paths start from. */
interface Entry {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly dir: string;
}

export interface Kubeconfig {
  /** The files that were read, for people. */
  readonly files: string;
  readonly current: string | undefined;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
  readonly contexts: ReadonlyMap<string, Entry>;
}

export interface ChosenContext {
  readonly context: string;
  readonly clusterName: string;
  readonly cluster: ClusterEntry;
  readonly login: Login;
  readonly namespace: string;
}

/** With `all`, every file must be there; else it is enough that one of them is, as with KUBECONFIG. */
export function readKubeconfig(files: readonly string[], all: boolean): Kubeconfig {
  const read: string[] = [];
  const missing: string[] = [];
  let current: string | undefined;
  const sections = { clusters: new Map<string, Entry>(), users: new Map<string, Entry>(), contexts: new Map() };
  for (const file of new Set(files)) {
    const text = readText(file);
    if (text === undefined) {
      missing.push(file);
      continue;
    }
    read.push(file);
    const document = parseDocument(text, file);
    current ??= textOf(document["current-context"]);
    addEntries(sections.clusters, document, "clusters", "cluster", file);
    addEntries(sections.users, document, "users", "user", file);
    addEntries(sections.contexts, document, "contexts", "context", file);
  }
  if (missing.length > 0 && (all || read.length === 0)) {
    throw fault("kube-config-unreadable", { file: missing.join(", "), what: "there is no such file" });
  }
  return { files: read.join(", "), current, ...sections };
}

/** The named context, else the current one, with its cluster and user. */
export function chooseContext(config: Kubeconfig, name: string | undefined): ChosenContext {
  const context = name ?? config.current;
  const found = context === undefined ? undefined : config.contexts.get(context);
  if (context === undefined || found === undefined) {
    throw fault("kube-context-unknown", {
      context: context === undefined ? "No context is current" : `There is no context "${context}"`,
      file: config.files,
      contexts: [...config.contexts.keys()].join(", ") || "none",
    });
  }
  const invalid = (what: string) => fault("kube-config-invalid", { file: config.files, what });
  const clusterName = textOf(found.fields.cluster);
  const cluster = clusterName === undefined ? undefined : config.clusters.get(clusterName);
  if (clusterName === undefined || cluster === undefined) {
    throw invalid(`context "${context}" names the cluster "${clusterName ?? ""}", which is not in it`);
  }
  const userName = textOf(found.fields.user);
  const user = userName === undefined ? undefined : config.users.get(userName);
  if (userName !== undefined && user === undefined) {
    throw invalid(`context "${context}" names the user "${userName}", which is not in it`);
  }
  return {
    context,
    clusterName,
    cluster: readCluster(clusterName, cluster.fields, (path) => resolve(cluster.dir, path), invalid),
    login: user
      ? readLogin(userName!, user.fields, (path) => resolve(user.dir, path), config.files)
      : { name: "nobody" },
    namespace: textOf(found.fields.namespace) ?? "default",
  };
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fault("kube-config-unreadable", { file, what: sayError(e) }, e);
  }
}

function parseDocument(text: string, file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (e) {
    throw fault("kube-config-invalid", { file, what: `it is not valid YAML: ${sayError(e).split(/:?\n/)[0]}` }, e);
  }
  if (document === null) return {}; // an empty file is an empty kubeconfig
  if (!isRecord(document)) throw fault("kube-config-invalid", { file, what: "it is not a kubeconfig" });
  return document;
}

function addEntries(
  to: Map<string, Entry>,
  document: Record<string, unknown>,
  section: string,
  field: string,
  file: string,
): void {
  const list = document[section] ?? [];
  const wrong = (what: string) => fault("kube-config-invalid", { file, what });
  if (!Array.isArray(list)) throw wrong(`${section} is not a list`);
  for (const [i, entry] of list.entries()) {
    const name = isRecord(entry) ? textOf(entry.name) : undefined;
    if (name === undefined) throw wrong(`${section}[${i}] has no name`);
    const fields = entry[field] ?? {};
    if (!isRecord(fields)) throw wrong(`${section}[${i}].${field} is not a mapping`);
    if (!to.has(name)) to.set(name, { fields, dir: dirname(resolve(file)) });
  }
}
