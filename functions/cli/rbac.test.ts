import { describe, expect, test } from "vitest";
import { BUILT_IN_RESOURCES } from "#functions/standalone/built-in-resources.ts";
import { inspections } from "#probes";
import { inspection } from "#sdk";
import type { Inspection } from "#sdk/case/inspection.ts";
import { instances } from "./in-process.test-kit.ts";
import { executorDocuments, rbacDocuments, rulesFor } from "./rbac.ts";

const resources = BUILT_IN_RESOURCES;
const reading = (...kinds: string[]) =>
  inspection({
    name: "test/reads",
    severity: "low",
    help: "none",
    reads: { all: { kind: kinds as any, by: "metadata.name", pick: [] } },
    check: () => false,
  }) as unknown as Inspection;
const rules = (...kinds: string[]) => rulesFor(instances([reading(...kinds)]), { resources });
const flat = (list: readonly { apiGroups: readonly string[]; resources: readonly string[] }[]) =>
  list.flatMap((rule) => rule.resources.map((name) => `${rule.apiGroups[0]}/${name}`));

describe("the rights that cases need", () => {
  test("are to list and watch what they read, and what scopes are made of", () => {
    expect(rules("apps/v1/Deployment", "v1/Pod")).toEqual({
      cluster: [{ apiGroups: [""], resources: ["namespaces", "nodes"], verbs: ["list", "watch"] }],
      namespaced: [
        { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list", "watch"] },
      ],
      unknown: [],
    });
  });
  test("are by name, also for a case that reads every kind: never secrets, never *", () => {
    const { cluster, namespaced, unknown } = rulesFor(instances([reading("*")]), { resources });
    const all = [...flat(cluster), ...flat(namespaced)];
    expect(all).toHaveLength(new Set(all).size);
    expect(all.length).toBe(resources.length - 3);
    expect(all.join()).not.toMatch(/secrets|\*|events|leases/);
    expect(unknown).toEqual([]);
  });
  test("of a kind that is not served cannot be named, but whether it is defined may be asked", () => {
    const { cluster, unknown } = rules("example.com/v1/Own");
    expect(unknown).toEqual(["example.com/v1/Own"]);
    expect(flat(cluster)).toContain("apiextensions.k8s.io/customresourcedefinitions");
    expect(flat(rules("v1/Pod").cluster)).not.toContain("apiextensions.k8s.io/customresourcedefinitions");
  });
  test("of the shipped cases are all known", () => {
    const { unknown } = rulesFor(instances(inspections as readonly Inspection[]), { resources });
    expect(unknown).toEqual([]);
  });
});

describe("the executor's role", () => {
  const rules = (names?: string[]) => (executorDocuments("ops", names)[2] as any).rules;
  test("is of an account of its own, and says what each operation does", () => {
    expect(executorDocuments("ops").map((d: any) => `${d.kind} ${d.metadata.name}`)).toEqual([
      "Namespace ops",
      "ServiceAccount roundsman-executor",
      "ClusterRole roundsman-executor",
      "ClusterRoleBinding roundsman-executor",
    ]);
    expect(flat(rules())).toContain("/pods/eviction");
  });
  test("is only for what it shall do", () => {
    expect(rules(["cordon"])).toContainEqual({ apiGroups: [""], resources: ["nodes"], verbs: ["get", "patch"] });
    expect(flat(rules(["cordon"])).join()).not.toMatch(/pods|apps/);
  });
  test("of what is no operation is refused, by name", () => {
    expect(() => executorDocuments("ops", ["cordon", "reboot"])).toThrow(
      /--executor names the operation "reboot".*annotate, cordon/,
    );
  });
});

describe("what kubectl is given", () => {
  const short = (documents: object[]) =>
    documents.map((d: any) =>
      [d.kind, d.metadata.namespace, d.rules && flat(d.rules).join()].filter(Boolean).join(" "),
    );
  test("is one role for the whole cluster", () => {
    expect(short(rbacDocuments(rules("v1/Pod"), "roundsman"))).toEqual([
      "Namespace",
      "ServiceAccount roundsman",
      "ClusterRole /namespaces,/nodes,/pods",
      "ClusterRoleBinding",
    ]);
  });
  test("is a role in each namespace, where only those are read", () => {
    const documents = rbacDocuments(rules("v1/Pod"), "ops", ["shop", "web"]);
    expect(short(documents)).toEqual([
      "Namespace",
      "ServiceAccount ops",
      "ClusterRole /namespaces,/nodes",
      "ClusterRoleBinding",
      "Role shop /pods",
      "RoleBinding shop",
      "Role web /pods",
      "RoleBinding web",
    ]);
    const bindings = documents.filter((d: any) => d.subjects) as any[];
    for (const { subjects, roleRef, kind } of bindings) {
      expect(subjects).toEqual([{ kind: "ServiceAccount", name: "roundsman-watcher", namespace: "ops" }]);
      expect(`${roleRef.kind}Binding`).toBe(kind);
    }
  });
});
