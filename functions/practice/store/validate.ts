import { isRecord, type KubeObject } from "./object.ts";
import type { Resource } from "./resources.ts";
import { selects } from "./selectors.ts";
import { badRequest, type Cause, invalid, invalidValue, required } from "./status.ts";

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const PATH_SEGMENT = /^(?!\.{1,2}$)[^/%]+$/;

type Shape = "object" | "array" | "string" | "integer";

/** The shapes that whoever reads these objects here counts on. */
const SHAPES: readonly (readonly [path: string, shape: Shape])[] = [
  ["spec", "object"],
  ["spec.replicas", "integer"],
  ["spec.selector", "object"],
  ["spec.template", "object"],
  ["spec.template.metadata", "object"],
  ["spec.template.spec", "object"],
  ["spec.containers", "array"],
  ["spec.initContainers", "array"],
  ["spec.template.spec.containers", "array"],
  ["spec.nodeName", "string"],
  ["spec.taints", "array"],
  ["spec.tolerations", "array"],
  ["spec.ports", "array"],
  ["spec.volumeClaimTemplates", "array"],
  ["spec.versions", "array"],
  ["spec.names", "object"],
  ["status", "object"],
  ["status.conditions", "array"],
  ["metadata.labels", "object"],
  ["metadata.annotations", "object"],
  ["metadata.finalizers", "array"],
  ["metadata.ownerReferences", "array"],
];

const shapeOf = (value: unknown): string =>
  Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;

const at = (object: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((inner, step) => (isRecord(inner) ? inner[step] : undefined), object);

/** Refuses what the API server could not even decode. Custom objects have the shape that they like. */
export function decode(resource: Resource, object: KubeObject): void {
  const paths = resource.custom ? SHAPES.filter(([path]) => path.startsWith("metadata.")) : SHAPES;
  for (const [path, shape] of paths) {
    const value = at(object, path);
    if (value === undefined || value === null || shapeOf(value) === shape) continue;
    const version = resource.version;
    throw badRequest(
      `${resource.kind} in version "${version}" cannot be handled as a ${resource.kind}: json: cannot unmarshal ${shapeOf(value)} into Go struct field ${resource.kind}.${path} of type ${shape}`,
    );
  }
}

function containers(list: unknown, field: string): Cause[] {
  if (!Array.isArray(list) || list.length === 0) return [required(field)];
  return list.flatMap((container, i) =>
    ["name", "image"].filter((name) => !container?.[name]).map((name) => required(`${field}[${i}].${name}`)),
  );
}

function workload(object: KubeObject): Cause[] {
  const spec = object.spec ?? {};
  const labels = spec.template?.metadata?.labels;
  const template = { metadata: { labels } };
  return [
    ...(spec.replicas < 0 ? [invalidValue("spec.replicas", spec.replicas, "must be greater than or equal to 0")] : []),
    ...(spec.selector ? [] : [required("spec.selector")]),
    ...(selects(spec.selector?.matchLabels, template)
      ? []
      : [invalidValue("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`")]),
    ...containers(spec.template?.spec?.containers, "spec.template.spec.containers"),
  ];
}

function definition(object: KubeObject): Cause[] {
  const { group, names, versions } = object.spec ?? {};
  const name = `${names?.plural}.${group}`;
  return [
    ...(object.metadata.name === name
      ? []
      : [invalidValue("metadata.name", object.metadata.name, `must be spec.names.plural+"."+spec.group`)]),
    ...(names?.kind ? [] : [required("spec.names.kind")]),
    ...(versions?.filter((version: { storage?: boolean }) => version.storage).length === 1
      ? []
      : [invalidValue("spec.versions", versions ?? null, "must have exactly one version marked as storage version")]),
  ];
}

const RULES: Readonly<Record<string, (object: KubeObject) => Cause[]>> = {
  pods: (object) => containers(object.spec?.containers, "spec.containers"),
  "deployments.apps": workload,
  "replicasets.apps": workload,
  "statefulsets.apps": workload,
  "daemonsets.apps": workload,
  "jobs.batch": (object) => containers(object.spec?.template?.spec?.containers, "spec.template.spec.containers"),
  "customresourcedefinitions.apiextensions.k8s.io": definition,
};

/** Roles may hold colons in their names; the core group's APIService is called "v1." */
const FREELY_NAMED = new Set(["rbac.authorization.k8s.io", "apiregistration.k8s.io"]);

const nameRule = (resource: Resource, name: string): Cause[] => {
  const good = FREELY_NAMED.has(resource.group) ? PATH_SEGMENT.test(name) : name.length <= 253 && SUBDOMAIN.test(name);
  return good ? [] : [invalidValue("metadata.name", name, SUBDOMAIN_RULE)];
};

/** Refuses what breaks a rule that the simulation relies on; far from all rules of the API server. */
export function validate(resource: Resource, object: KubeObject): void {
  const { name, labels } = object.metadata;
  const causes = [
    ...(name ? nameRule(resource, name) : [required("metadata.name", "name or generateName is required")]),
    ...Object.entries(labels ?? {}).flatMap(([key, value]) =>
      typeof value === "string" && /^$|^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value)
        ? []
        : [
            invalidValue(
              "metadata.labels",
              value,
              `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.' (key "${key}")`,
            ),
          ],
    ),
    ...(RULES[resource.id]?.(object) ?? []),
  ];
  if (causes.length > 0) throw invalid(resource, name ?? "", causes);
}
