import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { definitionText } from "#functions/cli/crd.ts";
import { configDocuments, executorDocuments } from "#functions/cli/rbac.ts";
import { begun, ended } from "#functions/executor/state.ts";
import { createAjv } from "#sdk/case/params.ts";
import { JOB_API_VERSION, JOB_KIND, type Job } from "#sdk/operation/job.ts";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";

const at = (path: string) => new URL(`../knative/${path}`, import.meta.url);
const definitions = readdirSync(at("crd/")).filter((file) => file !== "kustomization.yaml");

it("knative/crd/ holds what `roundsman crd` prints, a file per definition", () => {
  expect(definitions.sort()).toEqual(Object.keys(DEFINITIONS).sort());
  expect(parse(readFileSync(at("crd/kustomization.yaml"), "utf8")).resources.sort()).toEqual(definitions);
  for (const [file, definition] of Object.entries(DEFINITIONS))
    expect(readFileSync(at(`crd/${file}`), "utf8")).toBe(definitionText(definition));
});

it("knative/rbac/executor/rbac.yaml holds what `roundsman rbac --executor` prints: no *, no secrets", () => {
  const text = readFileSync(at("rbac/executor/rbac.yaml"), "utf8");
  expect(parseAllDocuments(text).map((document) => document.toJS())).toEqual(executorDocuments("roundsman"));
  expect(text).not.toMatch(/"\*"|secrets/);
});

it("knative/rbac/config/rbac.yaml holds what `roundsman rbac --config-from-cluster` prints: it writes statuses alone", () => {
  const documents = parseAllDocuments(readFileSync(at("rbac/config/rbac.yaml"), "utf8")).map((document) =>
    document.toJS(),
  );
  expect(documents).toEqual(configDocuments("roundsman"));
  const { rules } = documents.find(({ kind }) => kind === "ClusterRole");
  for (const { resources, verbs } of rules)
    if (verbs.includes("patch")) for (const one of resources) expect(one).toMatch(/\/status$/);
});

/** What Kubernetes' own checker goes by; it knows no other words in a structural schema. */
const WORDS =
  /^(type|format|description|enum|pattern|minimum|maximum|min(Length|Items|Properties)|max(Length|Items|Properties)|required|properties|items|additionalProperties|x-kubernetes-(preserve-unknown-fields|int-or-string|list-type|list-map-keys|validations))$/;

/** What YAML 1.1, which kubectl reads, takes for a boolean: nobody can write such a field as it stands. */
const NO_TEXT = /^(y|n|yes|no|on|off|true|false)$/i;

function strange(schema: any, path: string): string[] {
  const own = [
    ...Object.keys(schema).filter((word) => !WORDS.test(word)),
    ...Object.keys(schema.properties ?? {}).filter((name) => NO_TEXT.test(name)),
  ].map((word) => `${path}: ${word}`);
  const inner = Object.entries({ ...schema.properties, ...(schema.items && { "[]": schema.items }) });
  return [...own, ...inner.flatMap(([name, one]) => strange(one, `${path}.${name}`))];
}

it.each(definitions)("%s is structural, and shows only what is there", (file) => {
  const { spec } = parse(readFileSync(at(`crd/${file}`), "utf8"));
  const [version] = spec.versions;
  const schema = version.schema.openAPIV3Schema;
  expect(strange(schema, "")).toEqual([]);
  expect(version.subresources).toEqual({ status: {} });
  expect(spec).toMatchObject({ scope: "Cluster", names: { categories: ["roundsman"] } });
  expect(spec.names.shortNames).toHaveLength(1);
  // `kubectl explain` says what a person may write, but for the executor's own kind.
  if (spec.names.kind !== JOB_KIND)
    for (const [name, one] of Object.entries<any>(schema.properties.spec.properties))
      expect(one.description, name).toMatch(/\.$/);
  // What is shown must be there; of a list, what its elements have.
  for (const { name, type, jsonPath } of version.additionalPrinterColumns) {
    expect(name).not.toMatch(NO_TEXT);
    if (jsonPath.startsWith(".metadata.")) continue;
    let one = schema;
    for (const [, field, isList] of jsonPath.matchAll(/\.(\w+)(\[(?:\*|\?\(@\.type=='\w+'\))\])?/g)) {
      one = one.properties[field];
      if (isList) one = one.items;
    }
    if (type !== "string") expect(one.type, jsonPath).toMatch(type === "boolean" ? "boolean" : /string|integer/);
    expect(one.type ?? one["x-kubernetes-int-or-string"], jsonPath).toBeTruthy();
  }
});

it("the definition takes every job that the executor writes", () => {
  const { spec } = parse(readFileSync(at("crd/remedyoperationjobs.yaml"), "utf8"));
  const [version] = spec.versions;
  const schema = version.schema.openAPIV3Schema;
  expect(spec).toMatchObject({ names: { shortNames: ["roj"] } });
  const claimed: Job = {
    apiVersion: JOB_API_VERSION,
    kind: JOB_KIND,
    metadata: { name: "node-u", generation: 1 },
    spec: {
      id: "r",
      operation: "drain",
      params: { within: "5m" },
      target: { apiVersion: "v1", kind: "Node", name: "n", uid: "u" },
      grant: { fence: 1, notAfter: 1_800_000_000_000 },
      finding: { fingerprint: "f", episode: 1_800_000_000_000 },
    },
  };
  const acting = begun(claimed, { now: 1, executor: "e", deadline: 1_001, evidence: "{}" });
  const hold = { operation: "drain", fence: 1, params: {}, finding: claimed.spec.finding!, released: true };
  const last = ended(acting, { now: 2, executor: "e", failure: "unknown", message: "m", hold });
  // Of formats and Go's patterns ajv knows nothing.
  const validate = createAjv().compile(
    JSON.parse(JSON.stringify(schema, (key, value) => (key === "pattern" || key === "format" ? undefined : value))),
  );
  for (const job of [claimed, acting, last]) expect([validate(job), validate.errors]).toEqual([true, null]);
  expect(validate({ ...last, spec: { ...last.spec, grant: {} } })).toBe(false);
  expect(validate({ ...last, status: { ...last.status, phase: "Perhaps" } })).toBe(false);
});
