/**
 * Environment values and unread annotations never leave the watcher, whatever a case picks. Only subtrees that can hold
 * a pod's containers are walked; everything else is passed on as it is.
 */

const CONTAINERS = ["containers", "initContainers", "ephemeralContainers"];
const LEADS_TO_CONTAINERS = new Set(["spec", "template", "jobTemplate", ...CONTAINERS]);
/** kubectl keeps the whole object in it, environment values included. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

type Json = any;

const withoutValues = (env: Json) =>
  Array.isArray(env) ? env.map(({ value: _, ...rest }: Record<string, unknown>) => rest) : env;

const scrubContainer = (container: Json): Json =>
  container?.env === undefined ? container : { ...container, env: withoutValues(container.env) };

/** Something that may be, or lead to, a pod spec. Copies only what it changes. */
function scrubSpec(value: Json): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  let scrubbed = value;
  const put = (name: string, inner: Json) => {
    if (inner === value[name]) return;
    if (scrubbed === value) scrubbed = { ...value };
    scrubbed[name] = inner;
  };
  for (const name of CONTAINERS) if (Array.isArray(value[name])) put(name, scrubContainers(value[name]));
  if (value.template !== undefined) put("template", scrubTemplate(value.template));
  if (value.jobTemplate !== undefined) put("jobTemplate", scrubTemplate(value.jobTemplate));
  return scrubbed;
}

const scrubContainers = (containers: Json[]): Json[] =>
  containers.some((c) => c?.env !== undefined) ? containers.map(scrubContainer) : containers;

function scrubTemplate(template: Json): Json {
  const spec = scrubSpec(template?.spec);
  const annotated = template?.metadata?.annotations !== undefined;
  if (spec === template?.spec && !annotated) return template;
  const { annotations: _, ...metadata } = template.metadata ?? {};
  return { ...template, ...(annotated && { metadata }), ...(spec !== undefined && { spec }) };
}

function scrubAnnotations(annotations: Json): Json {
  if (annotations?.[LAST_APPLIED] === undefined) return annotations;
  const { [LAST_APPLIED]: _, ...rest } = annotations;
  return rest;
}

/** The version changes with everything, so it would make every change one that counts. */
function scrubMetadata(metadata: Json): Json {
  const { annotations: _a, managedFields: _m, resourceVersion: _r, ...rest } = metadata ?? {};
  return rest;
}

/** What a pick that ends at a field of this name lets through. */
export function scrubLeaf(name: string): (value: Json) => Json {
  if (name === "metadata") return scrubMetadata;
  if (name === "annotations") return scrubAnnotations;
  if (name === "env") return withoutValues;
  if (name === "template" || name === "jobTemplate") return scrubTemplate;
  if (!LEADS_TO_CONTAINERS.has(name)) return (value) => value;
  if (!CONTAINERS.includes(name)) return scrubSpec;
  return (value) => (Array.isArray(value) ? scrubContainers(value) : scrubContainer(value));
}

/** A whole object, for a read without `pick`: no annotations, no managed fields, no environment values. */
export function scrubObject(object: Json): Json {
  return {
    ...object,
    metadata: scrubMetadata(object.metadata),
    ...(object.spec !== undefined && { spec: scrubSpec(object.spec) }),
  };
}
