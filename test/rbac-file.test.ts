import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { rbacDocuments, rulesFor } from "#functions/cli/rbac.ts";
import { BUILT_IN_RESOURCES } from "#functions/standalone/built-in-resources.ts";
import { inspections } from "#probes";
import { manifestOf } from "#sdk/case/manifest.ts";
import { instancesOn } from "#sdk/resources/instances.ts";

const file = new URL("../knative/rbac/watcher/rbac.yaml", import.meta.url);

it("knative/rbac/watcher/rbac.yaml holds what `roundsman rbac` prints for the shipped cases", () => {
  const documents = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS());
  const manifests = inspections.map((one) => manifestOf(one, one.name, "0"));
  const role = documents.find(({ kind }) => kind === "ClusterRole");
  const instances = instancesOn({ name: "cluster" }, manifests, []);
  expect(documents).toEqual(rbacDocuments(rulesFor(instances, { resources: BUILT_IN_RESOURCES }), "roundsman"));
  const [binding] = documents.filter(({ kind }) => kind === "ClusterRoleBinding");
  expect(binding.roleRef.name).toBe(role.metadata.name);
  for (const { resources, verbs } of role.rules) {
    expect(verbs).toEqual(["list", "watch"]);
    expect(resources).not.toContain("*");
    expect(resources).not.toContain("secrets");
  }
});
