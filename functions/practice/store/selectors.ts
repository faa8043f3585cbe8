import type { KubeObject } from "./object.ts";
import type { Resource } from "./resources.ts";
import { badRequest } from "./status.ts";

export type Predicate = (object: KubeObject) => boolean;

const LABEL_KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,316}$/;

/** Splits at commas that stand outside of parentheses. */
function requirements(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let depth = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === "(") depth += 1;
    else if (text[i] === ")") depth -= 1;
    else if (i === text.length || (text[i] === "," && depth === 0)) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return parts;
}

/** Cuts `a!=b`, `a==b` or `a=b` in two. */
function equation(
  text: string,
): { readonly name: string; readonly value: string; readonly equal: boolean } | undefined {
  const at = text.indexOf("=");
  if (at < 1) return undefined;
  const unequal = text[at - 1] === "!";
  const value = text.slice(text[at + 1] === "=" && !unequal ? at + 2 : at + 1);
  return { name: text.slice(0, unequal ? at - 1 : at).trim(), value: value.trim(), equal: !unequal };
}

const unexpected = (found: string, expected: string) =>
  badRequest(`unable to parse requirement: found '${found}', expected: ${expected}`);

function labelKey(text: string): string {
  const key = text.trim();
  if (!LABEL_KEY.test(key)) throw unexpected(key.slice(0, 1), "identifier");
  return key;
}

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

const labelOf = ({ metadata }: Labelled, key: string): string | undefined =>
  metadata.labels && Object.hasOwn(metadata.labels, key) ? metadata.labels[key] : undefined;

const LABEL_VALUE = /^[A-Za-z0-9._-]{0,63}$/;

function labelValue(value: string): string {
  if (!LABEL_VALUE.test(value)) throw unexpected(value.slice(0, 1), "identifier");
  return value;
}

function setRequirement(text: string): Predicate {
  const open = text.indexOf("(");
  const words = text.slice(0, open).split(" ").filter(Boolean);
  const [name = "", operator = "", ...more] = words;
  if (more.length > 0 || (operator !== "in" && operator !== "notin")) throw unexpected(operator, "in, notin");
  if (!text.endsWith(")")) throw unexpected("", "',' or ')'");
  const key = labelKey(name);
  const values = text
    .slice(open + 1, -1)
    .split(",")
    .map((value) => value.trim());
  return (object) => {
    const value = labelOf(object, key);
    return (value !== undefined && values.includes(value)) === (operator === "in");
  };
}

function labelRequirement(text: string): Predicate {
  if (text.includes("(")) return setRequirement(text);
  const pair = equation(text);
  if (pair) {
    const key = labelKey(pair.name);
    const value = labelValue(pair.value);
    return (object) => (labelOf(object, key) === value) === pair.equal;
  }
  const absent = text.startsWith("!");
  const key = labelKey(absent ? text.slice(1) : text);
  return (object) => (labelOf(object, key) === undefined) === absent;
}

/** `a=b,c!=d,e in (f,g),!h`. Empty text selects everything. */
export function labelSelector(text: string): Predicate {
  if (text.trim() === "") return () => true;
  const all = requirements(text).map(labelRequirement);
  return (object) => all.every((matches) => matches(object));
}

type Field = (object: KubeObject) => unknown;

const INVOLVED = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

/** The fields that each resource can be selected by, beside its name and namespace. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  pods: {
    "spec.nodeName": (o) => o.spec?.nodeName,
    "spec.restartPolicy": (o) => o.spec?.restartPolicy,
    "spec.schedulerName": (o) => o.spec?.schedulerName,
    "spec.serviceAccountName": (o) => o.spec?.serviceAccountName,
    "spec.hostNetwork": (o) => String(o.spec?.hostNetwork ?? false),
    "status.phase": (o) => o.status?.phase,
    "status.podIP": (o) => o.status?.podIP,
    "status.nominatedNodeName": (o) => o.status?.nominatedNodeName,
  },
  events: {
    ...Object.fromEntries(
      INVOLVED.map((name) => [`involvedObject.${name}`, (o: KubeObject) => o.involvedObject?.[name]]),
    ),
    reason: (o) => o.reason,
    reportingComponent: (o) => o.reportingComponent,
    source: (o) => o.source?.component,
    type: (o) => o.type,
  },
  namespaces: { "status.phase": (o) => o.status?.phase },
  nodes: { "spec.unschedulable": (o) => String(o.spec?.unschedulable ?? false) },
  secrets: { type: (o) => o.type },
  services: { "spec.clusterIP": (o) => o.spec?.clusterIP, "spec.type": (o) => o.spec?.type },
  "jobs.batch": { "status.successful": (o) => String(o.status?.succeeded ?? 0) },
  "replicasets.apps": { "status.replicas": (o) => String(o.status?.replicas ?? 0) },
  "certificatesigningrequests.certificates.k8s.io": { "spec.signerName": (o) => o.spec?.signerName },
};

const METADATA: Readonly<Record<string, Field>> = {
  "metadata.name": (o) => o.metadata.name,
  "metadata.namespace": (o) => o.metadata.namespace,
};

const unknownField = (resource: Resource, name: string) =>
  badRequest(
    FIELDS[resource.id]
      ? `field label not supported: ${name}`
      : `${JSON.stringify(name)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );

/** `spec.nodeName=a,status.phase!=Running`, of the fields that the resource knows. */
export function fieldSelector(resource: Resource, text: string): Predicate {
  const known: Readonly<Record<string, Field>> = { __proto__: null, ...METADATA, ...FIELDS[resource.id] } as never;
  const all = text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part): Predicate => {
      const pair = equation(part);
      if (!pair) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`);
      const read = known[pair.name];
      if (!read) throw unknownField(resource, pair.name);
      return (object) => (String(read(object) ?? "") === pair.value) === pair.equal;
    });
  return (object) => all.every((matches) => matches(object));
}

/** A workload's or service's own selector: all of its labels. An empty one selects nothing. */
export function selects(labels: Readonly<Record<string, string>> | undefined, object: Labelled): boolean {
  const wanted = Object.entries(labels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labelOf(object, key) === value);
}
