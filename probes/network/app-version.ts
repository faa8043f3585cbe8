type Labels = Readonly<Record<string, string>> | undefined;

const APP = ["app.kubernetes.io/name", "app", "k8s-app"];
const VERSION = ["version", "app.kubernetes.io/version", "track"];
const COMPONENT = "app.kubernetes.io/component";

const first = (labels: Labels, names: readonly string[]) => names.map((name) => labels?.[name]).find(Boolean);

/** Whether the labels say that these are versions of one app (a canary, by intent): the same app, each a version of its own. */
export function areVersionsOfOneApp(workloads: readonly Labels[]): boolean {
  const apps = new Set(workloads.map((labels) => JSON.stringify([first(labels, APP), labels?.[COMPONENT]])));
  const versions = new Set(workloads.map((labels) => first(labels, VERSION)));
  const all = workloads.every((labels) => first(labels, APP) && first(labels, VERSION));
  return all && apps.size === 1 && versions.size === workloads.length;
}
