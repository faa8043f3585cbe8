import { describe, expect, it } from "vitest";
import { practiceConfigs } from "#functions/practice/configs.ts";
import { practiceRemedies } from "#functions/practice/remedies.ts";
import { TYPES } from "#sdk/event/types.ts";
import { createResourceReader } from "#sdk/resources/read.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { DEFAULT_RESOURCES } from "./default-resources.ts";
import { checkHealing, configWith } from "./healing.ts";
import { sayRemedy } from "./remedy-lines.ts";
import { mergeResources } from "./resources.ts";

const read = createResourceReader();
const practice = [...practiceConfigs(), ...practiceRemedies()].map((one) => read(one, "practice"));
const remedier = (spec: object) =>
  read({ apiVersion: "roundsman.dev/v1alpha1", kind: "Remedier", metadata: { name: "r" }, spec }, "r.yaml") as Resource;

describe("what comes with it", () => {
  it("is taken: the defaults, and the practice cluster's own", () => {
    for (const one of DEFAULT_RESOURCES) expect(read(one, "default")).toEqual(one);
    expect(() => checkHealing(mergeResources(DEFAULT_RESOURCES, practice), 0)).not.toThrow();
  });

  it("trusts nobody, and leaves what is dangerous to a person", () => {
    const { trust, settings } = configWith(DEFAULT_RESOURCES, 0);
    expect(trust).toEqual([]);
    expect(settings.dangerous).toEqual(["delete-pod", "scale", "webhook"]);
  });
});

it("a remedier is held to the operations that there are", () => {
  const match = { condition: { type: "Ready" } };
  expect(() =>
    checkHealing([remedier({ match, steps: [{ operation: "drain", params: { within: "soon" } }] })], 0),
  ).toThrow('Remedier r: spec.steps.0.params.within must be a duration, such as "30s" or "10m".');
  expect(() => checkHealing([remedier({ match, steps: [{ operation: "drian" }] })], 0)).toThrow(
    'did you mean "drain"?',
  );
});

describe("a line for a person", () => {
  const record = (type: string, data: object) =>
    ({ headers: { ce_type: type }, value: JSON.stringify(data), time: Date.parse("2027-01-01T12:00:00Z") }) as never;
  const about = { operation: "drain", target: { kind: "Node", name: "n7", uid: "u" } };

  it("says what became of it and why", () => {
    expect(sayRemedy(record(TYPES.remedyDenied, { ...about, message: "Denied:\nthe brake is on" }), false)).toBe(
      "12:00:00 ⚒ denied   drain Node n7: Denied: the brake is on",
    );
    expect(sayRemedy(record(TYPES.remedyGranted, { ...about, reason: "it hangs" }), false)).toBe(
      "12:00:00 ⚒ granted  drain Node n7: it hangs",
    );
  });

  it("moves no terminal's cursor, and leaves out what is said elsewhere", () => {
    const target = { kind: "Pod", namespace: "a\u001b[2J", name: "p\nq", uid: "u" };
    expect(sayRemedy(record(TYPES.remedyFailed, { ...about, target, message: "m" }), false)).toBe(
      "12:00:00 ⚒ failed   drain Pod a/p q: m",
    );
    expect(sayRemedy(record(TYPES.remedyStarted, about), false)).toBeUndefined();
  });
});
