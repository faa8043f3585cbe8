/** What the case API must mean, one test for each numbered line of its definition. Line 12 is of functions over HTTP. */
import { describe, expect, it } from "vitest";
import { inspection, ref, t } from "#sdk";
import type { Inspection } from "#sdk/case/inspection.ts";
import { manifestOf } from "#sdk/case/manifest.ts";
import { examine } from "#sdk/testing/index.ts";
import { Loop, object, pod, START } from "./loop.ts";

const head = { name: "x/case", severity: "low", reason: "r", help: "h" } as const;
const iso = (ms: number) => new Date(ms).toISOString();
const running = { status: { phase: "Running" } };
const failed: Inspection = inspection.each({
  ...head,
  of: { kind: "v1/Pod", where: { "status.phase": "Failed" }, pick: ["status.phase", "status.message"] },
  check: (one) => one.status?.message ?? "it failed",
});
const bad = (name: string, message?: string, metadata = {}) =>
  pod(name, { status: { phase: "Failed", message } }, metadata);

describe("1: what is missing, null or empty", () => {
  const sharing = inspection({
    ...head,
    reads: { pods: { kind: "v1/Pod", by: "status.podIP", rows: "1+" } },
    check: ({ pods: [first] }, { key }) => ({ subject: first, message: key }),
  });
  it("is no key", () => {
    const ip = (podIP: unknown) => pod("p", { status: { podIP } });
    const said = examine(sharing, [ip(undefined), ip(null), ip(""), ip("10.0.0.1")], { scan: true }).open;
    expect(said.map(({ message }) => message)).toEqual(["10.0.0.1"]);
  });
  it("matches `not`; `[]` in `where` means any; `age.of` takes the latest of several", () => {
    const on = (of: object) => inspection.each({ ...head, of: { kind: "v1/Pod", ...of } as never, check: () => "x" });
    const two = pod("two", { spec: { containers: [{ image: "a" }, { image: "b" }] } });
    const found = (one: Inspection, given: object[]) => examine(one, given, { scan: true }).open.length;
    expect(found(on({ where: { "spec.hostNetwork": { not: true } } }), [two])).toBe(1);
    expect(found(on({ where: { "spec.containers[].image": "b" } }), [two])).toBe(1);
    expect(found(on({ where: { "spec.containers[].image": "c" } }), [two])).toBe(0);
    const times = (...all: string[]) =>
      pod("aged", { status: { conditions: all.map((lastTransitionTime) => ({ lastTransitionTime })) } });
    const aged = on({ age: { of: "status.conditions[].lastTransitionTime", over: "10m" } });
    expect(found(aged, [times("2026-01-01T11:00:00Z", "2026-01-01T11:45:00Z")])).toBe(1);
    expect(found(aged, [times("2026-01-01T11:00:00Z", "2026-01-01T11:55:00Z")])).toBe(0);
  });
});

it("2: a changed object re-checks its old and its new key, and an emptied key passes", () => {
  const loop = new Loop(
    inspection({
      ...head,
      reads: { pods: { kind: "v1/Pod", by: "status.podIP", rows: "2+" } },
      check: ({ pods: [first] }, { key }) => ({ subject: first, message: `several hold ${key}` }),
    }),
  );
  const at = (name: string, podIP: string) => pod(name, { status: { podIP } }, { uid: name });
  loop.put(at("a", "1"), at("b", "1"));
  expect(loop.findings().map((f) => f.message)).toEqual(["several hold 1"]);
  loop.put(at("c", "2"), at("b", "2"));
  expect(loop.findings().map((f) => f.message)).toEqual(["several hold 2"]);
  loop.delete(at("c", "2"));
  expect(loop.open()).toEqual([]);
});

describe("3: rows", () => {
  it("come in the order (kind, namespace, name)", () => {
    const all = inspection({
      ...head,
      reads: { all: { kind: ["v1/Pod", "v1/Node"], by: [], rows: "1+" } },
      check: ({ all: rows }) => ({ subject: rows[0], message: rows.map((one) => one.metadata.name).join() }),
    });
    const loop = new Loop(all).put(
      pod("b"),
      pod("a", {}, { namespace: "e" }),
      object("v1", "Node", "z", {}, { namespace: undefined }),
      pod("a"),
    );
    expect(loop.findings().map((f) => f.message)).toEqual(["z,a,b,a"]);
  });
  it("are an error where one is wanted and two are there, and no pass", () => {
    const one = inspection({
      ...head,
      reads: { pod: { kind: "v1/Pod", by: "spec.nodeName", rows: "1" } },
      check: ({ pod: only }) => ({ subject: only, message: "x" }),
    });
    const loop = new Loop(one).put(pod("a", { spec: { nodeName: "n" } }));
    expect(loop.open()).toEqual(["Pod/d/a"]);
    loop.put(pod("b", { spec: { nodeName: "n" } }));
    expect(loop.errors.at(-1)?.code).toBe("too-many-rows");
    expect(loop.open()).toEqual(["Pod/d/a"]);
  });
});

it("4: no key is checked until all it reads is listed and fresh; a stale view freezes what is open", () => {
  const loop = new Loop(failed, { ages: { "v1/Pod": null } }).put(bad("a"));
  expect([loop.checked, loop.open()]).toEqual([[], []]);
  loop.age("v1/Pod", 0).pass(0);
  expect(loop.open()).toEqual(["Pod/d/a"]);
  loop.age("v1/Pod", 40_000).put(bad("b")).delete(bad("a")).pass(60_000);
  expect(loop.open()).toEqual(["Pod/d/a"]);
});

it("5: a read that may be absent and no `for` of its own waits ten seconds", () => {
  const orphan = inspection({
    ...head,
    reads: {
      pod: { kind: "v1/Pod", by: "metadata.name", rows: "1" },
      node: { kind: "v1/Node", by: "metadata.name", rows: "0" },
    },
    check: ({ pod: only }) => ({ subject: only, message: "alone" }),
  });
  const loop = new Loop(orphan).put(pod("a")).pass(9_900);
  expect(loop.open()).toEqual([]);
  expect(loop.pass(100).open()).toEqual(["Pod/d/a"]);
});

it("6: an error leaves the key's open findings as they are", () => {
  const moody = inspection.each({
    ...head,
    of: { kind: "v1/Pod", pick: ["status.phase"] },
    check: (one) => {
      if (one.status?.phase === "Unknown") throw new Error("moody");
      return one.status?.phase === "Failed" && "it failed";
    },
  });
  const loop = new Loop(moody).put(pod("a", { status: { phase: "Failed" } }, { uid: "a" }));
  loop.put(pod("a", { status: { phase: "Unknown" } }, { uid: "a" })).pass(5_000);
  expect([loop.errors.at(-1)?.code, loop.open()]).toEqual(["case-threw", ["Pod/d/a"]]);
  loop.put(pod("a", running, { uid: "a" }));
  expect(loop.open()).toEqual([]);
});

describe("7: identity and news", () => {
  it("two problems of one identity are an error that names `rule` and `per`", () => {
    const loop = new Loop(inspection.each({ ...head, of: { kind: "v1/Pod" }, check: () => ["one", "two"] })).put(
      pod("a"),
    );
    expect(loop.errors[0]?.message).toMatch(/case\.ts: two problems of one identity .*"rule".*"per"/);
  });
  it("told again only when severity, message, subject or related change; evidence is throttled", () => {
    const loop = new Loop(
      inspection.each({
        ...head,
        of: { kind: "v1/Pod", pick: ["status.message", "status.reason"] },
        check: (one) => ({ message: one.status?.message ?? "", evidence: one.status?.reason }),
      }),
    );
    const say = (message: string, reason: string) => loop.put(pod("a", { status: { message, reason } }, { uid: "a" }));
    say("one", "1").pass(1_000);
    say("one", "2").pass(1_000);
    say("two", "2").pass(70_000);
    say("two", "3");
    expect(loop.events).toEqual(["raised Pod/d/a", "updated Pod/d/a", "updated Pod/d/a"]);
  });
});

describe("8: `for`, `clear`, `since`", () => {
  const lasting = { ...head, params: t.Object({ limit: t.Number({ default: 1 }) }), for: "1m", clear: "30s" } as const;
  const of = {
    kind: "v1/Pod",
    where: { "status.phase": "Failed" },
    pick: ["status.phase", "status.startTime"],
  } as const;
  const slow = inspection.each({ ...lasting, of, check: (_, { params }) => `over ${params.limit}` });
  const began = inspection.each({ ...lasting, of, check: (one) => ({ message: "x", since: one.status?.startTime }) });
  const since = (ms: number) => pod("a", { status: { phase: "Failed", startTime: iso(START + ms) } }, { uid: "a" });

  it("a ProbeConfig sets `for`, `clear` and params", () => {
    const loop = new Loop(slow, { spec: { for: "2s", clear: "0s", params: { limit: 7 } } })
      .put(bad("a", "", { uid: "a" }))
      .pass(2_000);
    expect(loop.findings().map((f) => f.message)).toEqual(["over 7"]);
    expect(loop.put(pod("a", running, { uid: "a" })).open()).toEqual([]);
  });
  it("`for` counts from when it was first seen, `clear` from when it was gone", () => {
    const loop = new Loop(slow).put(bad("a", "", { uid: "a" })).pass(59_000);
    expect(loop.open()).toEqual([]);
    expect(loop.pass(1_000).open()).toEqual(["Pod/d/a"]);
    loop.put(pod("a", running, { uid: "a" })).pass(29_000);
    expect(loop.open()).toEqual(["Pod/d/a"]);
    expect(loop.pass(1_000).open()).toEqual([]);
  });
  it("`since` is the object's own clock: it may lie behind, or ahead", () => {
    expect(new Loop(began).put(since(-50_000)).pass(10_000).open()).toEqual(["Pod/d/a"]);
    const ahead = new Loop(began).put(since(60_000)).pass(119_000);
    expect(ahead.open()).toEqual([]);
    expect(ahead.pass(1_000).open()).toEqual(["Pod/d/a"]);
  });
  it("one that moves keeps the finding; a problem gone before its time was never raised", () => {
    const loop = new Loop(began).put(since(-90_000)).pass(0);
    loop.put(since(30_000)).pass(1_000);
    expect(loop.open()).toEqual(["Pod/d/a"]);
    const brief = new Loop(slow).put(bad("a", "", { uid: "a" })).pass(30_000);
    brief.put(pod("a", running, { uid: "a" })).pass(300_000);
    expect(brief.events).toEqual([]);
  });
  it("a scan of a dump waits no `for`, except where `since` tells when it began", () => {
    expect(examine(slow, [bad("a")], { scan: true }).open).toHaveLength(1);
    expect(examine(began, [since(-10_000)], { scan: true, now: iso(START) }).open).toHaveLength(0);
    expect(examine(began, [since(-60_000)], { scan: true, now: iso(START) }).open).toHaveLength(1);
  });
});

it("9: windowed rows live by their window and not by their object", () => {
  const recent = inspection.each({
    ...head,
    of: { kind: "v1/Event", age: { of: "lastTimestamp", under: "1m" } },
    check: () => "it happened",
  });
  const event = object("v1", "Event", "e", { lastTimestamp: iso(START) });
  const loop = new Loop(recent).put(event).delete(event).pass(59_000);
  expect(loop.open()).toEqual(["Event/d/e"]);
  expect(loop.pass(1_000).open()).toEqual([]);
});

describe("10: subject and identity", () => {
  it("the subject may be a bare reference to something absent", () => {
    const absent = inspection.each({
      ...head,
      of: { kind: "v1/Pod" },
      check: () => ({ message: "it is not there", subject: ref("Secret", "gone", "d") }),
    });
    expect(new Loop(absent).put(pod("a")).open()).toEqual(["Secret/d/gone"]);
  });
  it("`per` a row makes one finding each, and is the subject", () => {
    const each = inspection({
      ...head,
      reads: { pods: { kind: "v1/Pod", by: "metadata.namespace" } },
      check: ({ pods }) => pods.map((one) => ({ per: one, message: "x" })),
    });
    expect(new Loop(each).put(pod("a"), pod("b")).open()).toEqual(["Pod/d/a", "Pod/d/b"]);
  });
  it("a uid is never in it: open while one of several uids of a name states it", () => {
    const byUid = inspection({
      ...head,
      reads: { pod: { kind: "v1/Pod", by: "metadata.uid", where: { "status.phase": "Failed" }, rows: "1" } },
      check: ({ pod: one }) => ({ subject: one, message: "it failed" }),
    });
    const [old, young] = [bad("a", "", { uid: "old" }), bad("a", "", { uid: "young" })];
    const loop = new Loop(byUid).put(old);
    const [before] = loop.findings();
    loop.put(young).delete(old);
    const [after] = loop.findings();
    expect([after?.fingerprint, after?.episode]).toEqual([before?.fingerprint, before?.episode]);
    // The object that a remedy would be done to is another one now: that is told.
    expect(loop.events).toEqual(["raised Pod/d/a", "updated Pod/d/a"]);
    expect(loop.delete(young).open()).toEqual([]);
  });
});

describe("11: what is removed", () => {
  it.each([
    ["case", "the case does not run on this cluster any more"],
    ["cluster", "the cluster was removed"],
  ] as const)("a removed %s resolves with that reason", (what, reason) => {
    const loop = new Loop(failed).put(bad("a")).remove(what);
    expect(loop.findings("resolved").map((f) => f.reason)).toEqual([reason]);
  });
  it("a silent cluster resolves nothing", () => {
    const loop = new Loop(failed).put(bad("a")).age("v1/Pod", 40_000).pass(3_600_000);
    expect(loop.open()).toEqual(["Pod/d/a"]);
  });
});

it("13: a group that is too large is an error, never truncated rows", () => {
  const all = inspection({
    ...head,
    reads: { pods: { kind: "v1/Pod", by: [], pick: ["status.message"] } },
    check: ({ pods }) => ({ subject: pods[0], message: `${pods.length}` }),
  });
  const fat = "x".repeat(1_500_000);
  const loop = new Loop(all).put(bad("a", fat), bad("b", fat));
  expect(loop.findings().map((f) => f.message)).toContain("2");
  loop.put(bad("c", fat));
  expect(loop.errors.at(-1)?.code).toBe("group-too-large");
  expect(loop.errors.at(-1)?.message).toMatch(/make `by` or `where` narrower, or pick less/);
});

it("14: rows of a whole fleet are refused with a sentence", () => {
  const fleet = inspection.each({ ...head, scope: "fleet", of: { kind: "v1/Pod" }, check: () => "x" });
  expect(() => manifestOf(fleet, "case.ts", "1")).toThrow(/case\.ts.*scope.*fleet/);
});

it("15: owners are looked up by the ledger: subject, namespace, ProbeConfig, case", () => {
  const owned = (metadata: object, spec?: object, owner?: string) => {
    const definition = inspection.each({
      ...head,
      ...(owner !== undefined && { owner }),
      of: { kind: "v1/Pod" },
      check: () => "x",
    });
    const loop = new Loop(definition, spec ? { spec } : {});
    loop.put(
      object(
        "v1",
        "Namespace",
        "owned",
        {},
        { namespace: undefined, labels: { "roundsman.dev/owner": "team-namespace" } },
      ),
    );
    return loop.put(pod("a", {}, metadata)).findings()[0]?.owner;
  };
  expect(owned({ labels: { "roundsman.dev/owner": "team-pod" } }, { owner: "team-config" }, "team-case")).toBe(
    "team-pod",
  );
  expect(owned({ namespace: "owned" }, { owner: "team-config" }, "team-case")).toBe("team-namespace");
  expect(owned({}, { owner: "team-config" }, "team-case")).toBe("team-config");
  expect(owned({}, undefined, "team-case")).toBe("team-case");
  expect(owned({})).toBeUndefined();
});

it("16: `via` matches within the pointing row's namespace, and an empty selector selects nothing", () => {
  const selected = inspection({
    ...head,
    reads: {
      service: { kind: "v1/Service", rows: "1" },
      pods: { kind: "v1/Pod", via: { read: "service", at: "spec.selector", as: "selector" }, rows: "1+" },
    },
    check: ({ service, pods }) => ({ subject: service, message: pods.map((one) => one.metadata.namespace).join() }),
  });
  const service = (name: string, selector: object) => object("v1", "Service", name, { spec: { selector } });
  const labelled = (namespace: string) => pod("p", {}, { namespace, labels: { app: "a" } });
  const loop = new Loop(selected).put(service("some", { app: "a" }), service("none", {}), labelled("d"), labelled("e"));
  expect(
    loop
      .pass(10_000)
      .findings()
      .map((f) => [f.subject.name, f.message]),
  ).toEqual([["some", "d"]]);
});
