import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { compileReads } from "#sdk/case/compile.ts";
import { type Manifest, manifestOf } from "#sdk/case/manifest.ts";
import { resolveParams } from "#sdk/case/params.ts";
import { compilePick } from "#sdk/case/pick.ts";
import { examine } from "#sdk/testing/index.ts";
import { candidatesOf } from "#sdk/testing/reference.ts";
import { healthyCluster } from "./healthy-cluster.test-kit.ts";
import { underWay } from "./healthy-workloads.test-kit.ts";
import { inspections } from "./index.ts";
import { node } from "./objects.test-kit.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
const GROUPS = ["control-plane", "network", "node", "storage", "workload"];
/** `group/name` of every file that has an inspection as its default export. */
async function casesOnDisk(): Promise<string[]> {
  const files = GROUPS.flatMap((group) => readdirSync(`${root}${group}`).map((file) => `${group}/${file}`));
  const sources = files.filter((file) => /(?<!\.test|\.test-kit)\.ts$/.test(file));
  const loaded = await Promise.all(
    sources.map(async (file) => ({ file, module: await import(pathToFileURL(root + file).href) })),
  );
  return loaded.filter(({ module }) => "default" in module).map(({ file }) => file.replace(/\.ts$/, ""));
}

describe("the shipped inspections", () => {
  test("are all files that define one, each under its own name", async () => {
    expect(inspections.map((one) => one.name).sort()).toEqual((await casesOnDisk()).sort());
    expect(inspections).toHaveLength(20);
  });
  test.each(inspections.map((one) => [one.name, one] as const))("%s is valid, explained and tested", (name, one) => {
    const manifest = manifestOf(one, name, "1");
    for (const text of [manifest.reason, manifest.help]) expect(text?.length).toBeGreaterThan(100);
    expect(manifest.help).toContain("`");
    expect(existsSync(`${root}${name}.test.ts`)).toBe(true);
  });
});

describe("a healthy cluster", () => {
  const objects = healthyCluster();
  test.each(inspections.map((one) => [one.name, one] as const))("is none of %s's business", (_, one) => {
    const { open, pending } = examine(one, objects, { scan: true });
    expect([...open, ...pending]).toEqual([]);
  });
  test("has something of every kind that is read", () => {
    const kinds = new Set(
      objects.map((o) => (o.apiVersion === "roundsman" ? "roundsman/Cluster" : `${o.apiVersion}/${o.kind}`)),
    );
    const read = inspections.flatMap((one) => Object.values(one.reads).flatMap((r) => r.kind ?? []));
    expect(read.filter((kind) => kind !== "*" && !kinds.has(kind))).toEqual([]);
  });
  test("gives no candidates, but where a read cannot compare", () => {
    const candidates = inspections.map((one) => {
      const manifest = manifestOf(one, one.name, "1");
      const world = {
        now: Date.parse("2026-01-01T12:00:00Z"),
        params: resolveParams(manifest, {}, one.name),
        tables: {},
      };
      return [one.name, candidatesOf(manifest.reads, objects, world).candidates.length] as const;
    });
    const some = candidates.filter(([, count]) => count > 0);
    expect(Object.fromEntries(some)).toEqual({
      // Versions of one app.
      "network/service-selects-two-owners": 1,
      // Services of an idle Deployment, of a DaemonSet that fits no node, of a suspended CronJob.
      "network/service-without-endpoints": 3,
      // Each node with pods: a sum.
      "node/requests-exceed-allocatable": 4,
      // Each pool: a majority.
      "node/version-skew": 2,
      // A StatefulSet that keeps some pods back.
      "workload/rollout-stuck": 1,
    });
  });
  test("raises nothing for what is under way", () => {
    const found = inspections.map((one) => examine(one, [...objects, ...underWay()]));
    expect(found.flatMap(({ open }) => open)).toEqual([]);
    const pending = found.flatMap((each) => each.pending.map(({ subject }) => subject));
    expect(pending.sort()).toEqual(["PersistentVolumeClaim/shop/in-use", "Pod/shop/ending", "Pod/shop/starting"]);
  });
});

test("heartbeats of nodes re-check nothing", () => {
  const before = node("n1");
  const after = structuredClone(before);
  for (const c of after.status.conditions) c.lastHeartbeatTime = "2026-01-01T12:00:00Z";
  after.status.images = [{ names: ["x"], sizeBytes: 1 }];
  const reads = inspections.flatMap((one) => {
    const manifest: Manifest = manifestOf(one, one.name, "1");
    return compileReads(manifest, { ...resolveParams(manifest, {}, one.name), cluster: "test" }).reads;
  });
  const ofNodes = reads.filter((read) => read.kinds.includes("v1/Node"));
  expect(ofNodes.length).toBeGreaterThan(5);
  for (const read of ofNodes) expect(compilePick([read.pick]).same(before, after)).toBe(true);
  for (const read of reads) expect(read.pick, read.name).toBeDefined();
});
