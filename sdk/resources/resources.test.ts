import { describe, expect, it } from "vitest";
import { manifestOf } from "../case/manifest.ts";
import { inspection, probe, t } from "../index.ts";
import { matchesGlob } from "./glob.ts";
import { instancesOn } from "./instances.ts";
import { createResourceReader } from "./read.ts";
import { API_VERSION, type ProbeConfig } from "./schemas.ts";

const crash = inspection.each({
  name: "workload/crash",
  severity: "low",
  reason: "r",
  help: "h",
  owner: "team-case",
  for: "1m",
  params: t.Object({ restarts: t.Number({ default: 3 }) }),
  of: { kind: "v1/Pod" },
  check: () => "x",
});
const dns = probe({
  name: "network/dns",
  severity: "low",
  reason: "r",
  help: "h",
  timeout: "1s",
  run: async () => undefined,
});
const manifests = [crash, dns].map((one) => manifestOf(one, "case.ts", "1"));
const config = (name: string, spec: ProbeConfig["spec"]): ProbeConfig => ({
  apiVersion: API_VERSION,
  kind: "ProbeConfig",
  metadata: { name },
  spec,
});
const on = (...configs: ProbeConfig[]) => instancesOn({ name: "prod", labels: { tier: "gold" } }, manifests, configs);
const short = (all: ReturnType<typeof on>) =>
  all.map(({ id, params, for: lasts, owner }) => [id, params.restarts, lasts, owner]);

describe("what runs on a cluster", () => {
  it("every inspection by its defaults; no probe until it is configured", () => {
    expect(short(on())).toEqual([["workload/crash", 3, 60_000, "team-case"]]);
  });

  it("a ProbeConfig replaces the default on the clusters it selects, and there alone", () => {
    const spec = { case: "workload/crash", params: { restarts: 5 }, for: "2s", owner: "team-shop" } as const;
    expect(short(on(config("a", spec)))).toEqual([["workload/crash", 5, 2_000, "team-shop"]]);
    for (const clusters of [{ names: ["pr*"] }, { matchLabels: { tier: "gold" } }])
      expect(short(on(config("a", { ...spec, clusters })))[0]?.[1]).toBe(5);
    for (const clusters of [{ names: ["test"] }, { matchLabels: { tier: "tin" } }])
      expect(short(on(config("a", { ...spec, clusters })))[0]?.[1]).toBe(3);
  });

  it("one with an `instance` stands beside the default; `off` takes it away", () => {
    const second = config("b", { case: "workload/crash", instance: "strict", params: { restarts: 1 } });
    expect(on(second).map(({ id }) => id)).toEqual(["workload/crash", "workload/crash@strict"]);
    expect(on(config("a", { case: "workload/crash", disabled: true }), second).map(({ id }) => id)).toEqual([
      "workload/crash@strict",
    ]);
  });

  it.each([
    [
      [config("a", { case: "workload/crush" })],
      'ProbeConfig a: spec.case is "workload/crush", which is no case here; did you mean "workload/crash"',
    ],
    [
      [config("a", { case: "workload/crash", params: { restart: 1 } })],
      /ProbeConfig a.*restart.*did you mean "restarts"/,
    ],
    [[config("a", { case: "workload/crash", params: { restarts: "many" } })], /ProbeConfig a.*restarts/],
    [
      [config("a", { case: "workload/crash" }), config("b", { case: "workload/crash" })],
      "ProbeConfig b: spec.case configures workload/crash on prod, as ProbeConfig a does",
    ],
    [[config("a", { case: "network/dns" })], /ProbeConfig a: spec\.case is the probe "network\/dns"/],
  ] as const)("names config and field of a mistake: %#", (configs, words) => {
    expect(() => on(...configs)).toThrow(words as string);
  });
});

describe("reading resources", () => {
  const read = createResourceReader();
  const good = { apiVersion: API_VERSION, kind: "ProbeConfig", metadata: { name: "a" }, spec: { case: "x/y" } };
  it("takes one that is as its schema says", () => {
    expect(read(good, "f.yaml")).toBe(good);
  });
  it.each([
    [[], "f.yaml: the document is no object"],
    [{ ...good, apiVersion: "v1" }, 'f.yaml: apiVersion is "v1"; write roundsman.dev/v1alpha1'],
    [
      { ...good, kind: "ProbConfig" },
      'kind is "ProbConfig"; known here are ProbeConfig, AlertSubscription, Budget, Defender, Remedier, Cluster; did you mean "ProbeConfig"',
    ],
    [{ ...good, kind: "Cluster" }, "spec.case is not known"],
    [{ ...good, spec: { case: "x/y", ownr: "a" } }, /f\.yaml: spec\.ownr .*did you mean "owner"/],
    [{ ...good, spec: { case: "x/y", fro: "2s" } }, /spec\.fro .*did you mean "for"/],
    [{ ...good, spec: { case: "x/y", for: "soon" } }, "f.yaml: spec.for"],
    [{ ...good, spec: {} }, /f\.yaml: spec.*case/],
    [{ ...good, metadata: { name: "Not Good" } }, "f.yaml: metadata.name"],
  ])("names file and field: %j", (value, words) => {
    expect(() => read(value, "f.yaml")).toThrow(words as string);
  });
});

describe("globs", () => {
  it.each([
    ["*", "", true],
    ["a*c", "abc", true],
    ["a*c", "ac", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["a", "ab", false],
    ["*b*b*", "abcb", true],
    [".*", "x", false],
    ["(a+)+$", "(a+)+$", true],
  ])("%s fits %s: %s", (pattern, text, wanted) => {
    expect(matchesGlob(pattern, text)).toBe(wanted);
  });
  it("take no longer than both lengths together ask for", () => {
    expect(matchesGlob(`${"*a".repeat(1_000)}b`, "a".repeat(20_000))).toBe(false);
  });
});
