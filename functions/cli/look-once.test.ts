import { describe, expect, test } from "vitest";
import { inspection, t } from "#sdk";
import type { Inspection } from "#sdk/case/inspection.ts";
import { healthyCluster } from "../../probes/healthy-cluster.test-kit.ts";
import { object, pod } from "../../probes/objects.test-kit.ts";
import { misshapen } from "./hostile.test-kit.ts";
import { instances, look, NOW, snapshotOf } from "./in-process.test-kit.ts";

const MINUTE = 60_000;
const at = (ms: number) => new Date(NOW + ms).toISOString();
const twins = () =>
  ["a", "b"].map((name) => pod(name, { namespace: "twins", status: { podIPs: [{ ip: "10.9.9.9" }] } }));

/** Finds every pod; `more` is said with it. */
const every = (more: object, defined: object = {}) =>
  inspection.each({
    name: "test/every-pod",
    severity: "low",
    owner: "team-a",
    help: "none",
    for: "5m",
    ...defined,
    of: { kind: "v1/Pod", pick: [] },
    check: (one) => ({ message: `it is ${one.metadata.name}`, ...more }),
  }) as unknown as Inspection;

describe("a finding of one look", () => {
  test("has every field, and waits no `for`", async () => {
    const { findings } = await look([pod("a")], [every({ rule: "r", evidence: { n: 1 } })]);
    expect(findings).toEqual([
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{16,}$/),
        case: "test/every-pod",
        rule: "r",
        severity: "low",
        state: "open",
        episode: NOW,
        cluster: "dump",
        subject: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "a" },
        related: [],
        message: "it is a",
        evidence: { n: 1 },
        owner: "team-a",
        firstSeen: at(0),
        lastSeen: at(0),
        episodes: 1,
        help: "none",
      },
    ]);
  });
  test.each([
    ["not yet lasted so long", -4 * MINUTE, 0],
    ["lasted so long", -5 * MINUTE, 1],
    ["not begun", 14 * MINUTE, 0],
  ])("that says since when has %s", async (_, since, count) => {
    const { findings } = await look([pod("a")], [every({ since: at(since) })]);
    expect(findings).toHaveLength(count);
    for (const one of findings) expect(one.firstSeen).toBe(at(since));
  });
  test("may have a `for` of its own", async () => {
    const cases = [every({ since: at(-MINUTE), for: "30s" })];
    expect((await look([pod("a")], cases)).findings).toHaveLength(1);
  });
  test("is one, where a dump has its object twice", async () => {
    const twice = [{ ...pod("a"), apiVersion: "v1" }, pod("a")];
    expect((await look(twice, [every({})])).findings).toHaveLength(1);
  });
  test("stands in order: the worst first", async () => {
    const cases = [every({}), every({}, { name: "test/worse", severity: "critical" })];
    const { findings } = await look([pod("b"), pod("a")], cases);
    expect(findings.map((f) => `${f.severity} ${f.subject.name}`)).toEqual([
      "critical a",
      "critical b",
      "low a",
      "low b",
    ]);
  });
});

describe("what cannot be looked at", () => {
  const joined = inspection({
    name: "test/joined",
    severity: "low",
    help: "none",
    reads: {
      pods: { kind: "v1/Pod", by: "metadata.name", pick: [] },
      nodes: { kind: "v1/Node", by: "metadata.name", pick: [], rows: "0" },
    },
    check: ({ pods }) => pods.map((per) => ({ per, message: "no node" })),
  }) as unknown as Inspection;

  test("is skipped and named, where a kind was not dumped", async () => {
    const looked = await look([pod("a")], [joined, every({})], { complete: false });
    expect(looked.skipped).toEqual([{ instance: "test/joined", why: "v1/Node was not dumped" }]);
    expect(looked).toMatchObject({ ran: 1, refused: 0, errors: [] });
    expect(looked.findings.map((f) => f.case)).toEqual(["test/every-pod"]);
  });
  test("is empty, where the dump has a list of it or everything", async () => {
    const listed = await look([], [joined], { complete: false, snapshot: snapshotOf([pod("a")], ["v1/Node"]) });
    const complete = await look([pod("a")], [joined], { complete: true });
    for (const { findings, skipped } of [listed, complete]) {
      expect(skipped).toEqual([]);
      expect(findings).toHaveLength(1);
    }
  });
  test("is an error, where the API server refuses it", async () => {
    const snapshot = { ...snapshotOf([pod("a")]), refused: new Map([["v1/Node", "forbidden"]]) };
    const looked = await look([], [joined, every({})], { snapshot });
    expect(looked.errors).toEqual(["test/joined could not run: forbidden"]);
    expect(looked).toMatchObject({ ran: 1, refused: 1 });
  });
  test("is named, where a case reads all kinds", async () => {
    const refused = new Map([
      ["v1/ConfigMap", "forbidden"],
      ["example.com/v1/Own", "no"],
    ]);
    const snapshot = { ...snapshotOf([]), refused };
    const { errors, ran } = await look([], undefined, { snapshot, all: new Set(["v1/ConfigMap"]), complete: true });
    expect(errors).toEqual(["v1/ConfigMap is not looked at: forbidden"]);
    expect(ran).toBe(20);
  });
  test("is skipped, where it is an external table", async () => {
    const tables = inspection({
      name: "test/tables",
      severity: "low",
      help: "none",
      reads: { rows: { table: "cmdb", columns: t.Object({ host: t.String() }), by: "host" } },
      check: () => false,
    }) as unknown as Inspection;
    const { skipped } = await look([], [tables]);
    expect(skipped[0]?.why).toBe('it reads the external table "cmdb", which is not configured');
  });
});

describe("a mistake", () => {
  test("in a case is said under its key, and the others go on", async () => {
    const throws = every({}, { name: "test/throws" }) as any;
    throws.check = (one: any) => {
      if (one.metadata.name === "b") throw new Error("oh");
      return { message: "found" };
    };
    const { errors, findings } = await look([pod("a"), pod("b")], [throws, every({})]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^test\/throws under key ".*": .*check threw Error: oh/);
    expect(findings.map((f) => `${f.case} ${f.subject.name}`)).toEqual([
      "test/every-pod a",
      "test/every-pod b",
      "test/throws a",
    ]);
  });
  test("in the table of kinds that a case's thread answers with is an error too", async () => {
    const evaluate = async (batch: readonly { id: string }[]) =>
      batch.map(({ id }) => ({ id, error: { code: "case-hung", message: "did not end within 2000 ms" } }));
    const { errors } = await look([pod("a")], [every({})], { pool: { evaluate } });
    expect(errors[0]).toMatch(/^test\/every-pod under key ".*" did not end within 2000 ms$/);
  });
});

describe("objects of a shape that no API server gives", () => {
  test("are left out and named", async () => {
    const bad = object("apps/v1/ReplicaSet", "bad", { namespace: "shop" });
    bad.metadata.ownerReferences = "none";
    const { errors, findings } = await look([bad, ...twins()]);
    expect(errors).toEqual([
      expect.stringMatching(/^ReplicaSet shop\/bad has not the shape of its kind \(.*\), so it is left out$/),
    ]);
    expect(findings.map((f) => f.case)).toEqual(["network/duplicate-pod-ip"]);
  });
  test.each([0.002, 0.02, 0.2])("stop no look, whatever part of them is wrong: %d", async (share) => {
    // A generator of one's own: the same worlds in every run.
    let seed = share * 1e6;
    const random = () => {
      seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    for (let i = 0; i < 4; i++) {
      const world = healthyCluster().map((one) => misshapen(one, random, share));
      const { findings } = await look([...world, ...twins()]);
      const stood = findings.filter((f) => f.case === "network/duplicate-pod-ip" && f.subject.namespace === "twins");
      expect(stood).toHaveLength(1);
    }
  });
});

test("a cluster that is well has no finding", async () => {
  const { findings, errors, skipped, ran } = await look(healthyCluster());
  expect({ findings, errors, skipped, ran }).toEqual({
    findings: [],
    errors: [],
    skipped: [],
    ran: instances().length,
  });
});
