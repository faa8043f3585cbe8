import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, object } from "../objects.test-kit.ts";
import danglingCrd from "./dangling-crd.ts";

const accepted = conditionOf("NamesAccepted", "True", 3600, { message: "no conflicts found", reason: "NoConflicts" });
const established = conditionOf("Established", "True", 3600, {
  message: "the initial names have been accepted",
  reason: "InitialNamesAccepted",
});
const crd = (conditions: object[] | undefined, made = {}) =>
  object("apiextensions.k8s.io/v1/CustomResourceDefinition", "widgets.example.com", {
    spec: { group: "example.com" },
    status: { conditions },
    ...made,
  });
const look = (...objects: object[]) => examine(danglingCrd, objects).open;
const deleting = { deleted: 600, finalizers: ["customresourcecleanup.apiextensions.k8s.io"] };

describe("fires", () => {
  test("for one that cannot be deleted, and names who holds it", () => {
    const terminating = conditionOf("Terminating", "True", 600, {
      message: "CustomResource deletion is in progress",
      reason: "InstanceDeletionInProgress",
    });
    expect(look(crd([accepted, established, terminating], deleting))).toMatchObject([
      {
        rule: "terminating",
        severity: "medium",
        subject: "CustomResourceDefinition/widgets.example.com",
        message:
          "CRD widgets.example.com is being deleted but stays: held by customresourcecleanup.apiextensions.k8s.io",
        evidence: { says: "CustomResource deletion is in progress" },
      },
    ]);
  });
  test("for one that nobody holds, and yet is there", () => {
    const [found] = look(crd([accepted, established], { deleted: 600 }));
    expect(found?.message).toBe("CRD widgets.example.com is being deleted but stays");
  });
  test("for one whose names are taken", () => {
    const refused = conditionOf("NamesAccepted", "False", 600, {
      message: '"widgets" is already in use',
      reason: "PluralConflict",
    });
    const not = conditionOf("Established", "False", 600, { reason: "NotAccepted" });
    expect(look(crd([refused, not]))).toMatchObject([
      {
        rule: "not-established",
        message: "CRD widgets.example.com is not served: its names are taken",
        evidence: { says: '"widgets" is already in use' },
      },
    ]);
  });
  test("for one that nobody has looked at", () => {
    expect(look(crd(undefined))).toMatchObject([{ message: "CRD widgets.example.com is not served" }]);
  });
  test("five minutes after it was made or deleted", () => {
    const young = examine(danglingCrd, [crd(undefined, { age: 60 })]);
    const leaving = examine(danglingCrd, [crd([accepted, established], { ...deleting, deleted: 60 })]);
    for (const { open, next } of [young, leaving]) {
      expect(open).toEqual([]);
      expect(next).toBe(Date.parse("2026-01-01T12:04:00Z"));
    }
  });
});

test("the finding stays one while finalizers go", () => {
  const of = (finalizers: string[]) => crd([accepted, established], { ...deleting, finalizers });
  expect(look(of(["a", "b"]))[0]?.fingerprint).toBe(look(of(["b"]))[0]?.fingerprint);
});

test("is silent for one that is served", () => expect(look(crd([accepted, established]))).toEqual([]));
