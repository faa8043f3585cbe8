import Type from "typebox";
import { describe, expect, it } from "vitest";
import { createResourceReader } from "#sdk/resources/read.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import { checkRemediers } from "./check-remediers.ts";

const OPERATIONS = [
  { name: "cordon", params: Type.Object({}) },
  { name: "drain", params: Type.Object({ within: Type.String({ default: "10m" }) }) },
];
const read = createResourceReader();
const remedier = (spec: object, name = "x") =>
  read({ apiVersion: "roundsman.dev/v1alpha1", kind: "Remedier", metadata: { name }, spec }, "x.yaml") as Remedier;
const finding = (...cases: string[]) => ({ finding: { case: cases } });
const cordon = [{ operation: "cordon" }];
const drain = [{ operation: "drain" }];
const act = (match: object, steps: object[], name: string) => remedier({ strategy: "act", match, steps }, name);

describe("a mistake is refused by its remedier and its field", () => {
  it.each<[string, () => Remedier[], string]>([
    [
      "no match",
      () => [remedier({ match: {}, steps: cordon })],
      "Remedier x: spec.match must name a finding or a condition",
    ],
    [
      "both",
      () => [remedier({ match: { ...finding("a"), condition: { type: "Ready" } }, steps: cordon })],
      "Remedier x: spec.match must name",
    ],
    ["no steps", () => [remedier({ match: finding("a"), steps: [] })], "x.yaml: spec.steps"],
    [
      "an unknown operation",
      () => [remedier({ match: finding("a"), steps: [{ operation: "dran" }] })],
      'Remedier x: spec.steps.0.operation is "dran"; there are cordon, drain; did you mean "drain"?',
    ],
    [
      "an unknown param",
      () => [remedier({ match: finding("a"), steps: [{ operation: "drain", params: { witin: "1m" } }] })],
      "Remedier x: spec.steps.0.params.witin is not known",
    ],
    [
      "a step without its time",
      () => [remedier({ match: finding("a"), steps: [...cordon, ...drain] })],
      "Remedier x: spec.steps.1.after is missing",
    ],
    [
      "a first step that waits",
      () => [remedier({ match: finding("a"), steps: [{ operation: "cordon", after: "1m" }] })],
      "Remedier x: spec.steps.0.after is of no use",
    ],
    [
      "too much success",
      () => [remedier({ match: finding("a"), steps: cordon, minSuccess: "150%" })],
      "spec.minSuccess is 150%",
    ],
    [
      "two that would do different things",
      () => [act(finding("node/*"), cordon, "one"), act(finding("node/not-ready"), drain, "two")],
      "Remedier two: spec.match can be true of what Remedier one is for too",
    ],
    [
      "two globs that may meet",
      () => [act(finding("node/*"), cordon, "one"), act(finding("n*"), drain, "two")],
      "Remedier two: spec.match can be true",
    ],
    [
      "one condition",
      () => [
        act({ condition: { type: "Ready" } }, cordon, "one"),
        act({ condition: { type: "Ready", status: "False" } }, drain, "two"),
      ],
      "Remedier two: spec.match can be true",
    ],
  ])("%s", (_, remediers, sentence) => {
    let said = "nothing";
    try {
      checkRemediers(remediers(), OPERATIONS);
    } catch (e) {
      said = (e as Error).message;
    }
    expect(said).toContain(sentence);
  });
});

it.each<[string, () => Remedier[]]>([
  ["the same deed", () => [act(finding("node/*"), cordon, "one"), act(finding("node/not-ready"), cordon, "two")]],
  ["other cases", () => [act(finding("node/not-ready"), cordon, "one"), act(finding("node/pressure"), drain, "two")]],
  [
    "other pools",
    () => [
      act({ ...finding("a"), pool: ["gpu"] }, cordon, "one"),
      act({ ...finding("a"), pool: ["web-*"] }, drain, "two"),
    ],
  ],
  ["one observes", () => [act(finding("a"), cordon, "one"), remedier({ match: finding("a"), steps: drain }, "two")]],
  [
    "other statuses",
    () => [
      act({ condition: { type: "Ready", status: "Unknown" } }, cordon, "one"),
      act({ condition: { type: "Ready", status: "False" } }, drain, "two"),
    ],
  ],
])("%s may stand beside each other", (_, remediers) => {
  expect(() => checkRemediers(remediers(), OPERATIONS)).not.toThrow();
});
