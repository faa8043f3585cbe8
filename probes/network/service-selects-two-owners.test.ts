import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { object, pod, replicaSet, service, workload } from "../objects.test-kit.ts";
import serviceSelectsTwoOwners from "./service-selects-two-owners.ts";

const scan = { scan: true };
const look = (...objects: object[]) => examine(serviceSelectsTwoOwners, objects, scan).open;
const web = service("web");
const deployment = (name: string, made = {}) => workload("apps/v1/Deployment", name, made);
/** A Deployment with one ReplicaSet and two pods, which carry `app: web` and what is given. */
function deployed(name: string, labels = {}, owners: object[] = []) {
  const top = deployment(name, owners.length > 0 ? { owners } : {});
  const set = replicaSet(`${name}-6d4`, { owners: [top] });
  const of = { labels: { app: "web", ...labels }, owners: [set] };
  return [top, set, pod(`${name}-6d4-1`, of), pod(`${name}-6d4-2`, of)];
}
const two = [...deployed("web"), ...deployed("worker")];

describe("fires", () => {
  test("where pods of two Deployments are selected", () => {
    expect(look(web, ...two)).toMatchObject([
      {
        severity: "medium",
        subject: "Service/shop/web",
        message: "Service shop/web selects pods of Deployment web, Deployment worker",
      },
    ]);
  });
  test("where pods of a Deployment and a StatefulSet are", () => {
    const db = workload("apps/v1/StatefulSet", "db");
    const found = look(web, ...deployed("web"), db, pod("db-0", { labels: { app: "web" }, owners: [db] }));
    expect(found[0]?.message).toContain("Deployment web, StatefulSet db");
  });
  test("where both say one version, or different components", () => {
    expect(look(web, ...deployed("web", { version: "1" }), ...deployed("copy", { version: "1" }))).toHaveLength(1);
    const component = (name: string) => ({ version: name, "app.kubernetes.io/component": name });
    expect(look(web, ...deployed("a", component("a")), ...deployed("b", component("b")))).toHaveLength(1);
  });
  test("where versions are told, but of no app", () => {
    const tier = (version: string) => ({ app: undefined, tier: "shop", version });
    const wide = service("web", { spec: { selector: { tier: "shop" } } });
    expect(look(wide, ...deployed("a", tier("1")), ...deployed("b", tier("2")))).toHaveLength(1);
  });
  test("and names five of many", () => {
    const of = (count: number) =>
      look(web, ...[..."abcdefg"].slice(0, count).flatMap((name) => deployed(name)))[0]?.message;
    expect(of(5)).toMatch(/Deployment d, Deployment e$/);
    expect(of(7)).toMatch(/Deployment d, Deployment e and 2 more$/);
  });
  test("after five minutes", () => {
    const { open, next } = examine(serviceSelectsTwoOwners, [web, ...two]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:05:00Z"));
  });
});

test("one finding per Service, whatever it selects", () => {
  const print = (...objects: object[]) => look(...objects).map((f) => f.fingerprint);
  const all = [...print(web, ...two), ...print(...two.toReversed(), web), ...print(web, ...two, ...deployed("third"))];
  expect(all).toHaveLength(3);
  expect(new Set(all).size).toBe(1);
});

describe("is silent", () => {
  test("during a rollout", () => {
    const top = deployment("web");
    const sets = ["old", "new"].map((name) => replicaSet(`web-${name}`, { owners: [top] }));
    const pods = sets.map((set) => pod(`${set.metadata.name}-1`, { labels: { app: "web" }, owners: [set] }));
    expect(look(web, top, ...sets, ...pods)).toEqual([]);
  });
  test("for versions of one app, labelled so", () => {
    expect(look(web, ...deployed("v1", { version: "v1" }), ...deployed("v2", { version: "v2" }))).toEqual([]);
    expect(look(web, ...deployed("s", { track: "stable" }), ...deployed("c", { track: "canary" }))).toEqual([]);
  });
  test("for several StatefulSets or Deployments of one custom resource", () => {
    const cluster = object("elasticsearch.k8s.elastic.co/v1/Elasticsearch", "logs", { namespace: "shop" });
    const sets = ["hot", "warm"].map((name) => workload("apps/v1/StatefulSet", name, { owners: [cluster] }));
    const pods = sets.map((set) => pod(`${set.metadata.name}-0`, { labels: { app: "web" }, owners: [set] }));
    expect(look(web, ...sets, ...pods)).toEqual([]);
    expect(look(web, ...deployed("a", {}, [cluster]), ...deployed("b", {}, [cluster]))).toEqual([]);
  });
  test("for two jobs of one CronJob", () => {
    const cron = object("batch/v1/CronJob", "often", { namespace: "shop" });
    const jobs = ["1", "2"].map((name) => workload("batch/v1/Job", `often-${name}`, { owners: [cron] }));
    const pods = jobs.map((job) => pod(`${job.metadata.name}-x`, { labels: { app: "web" }, owners: [job] }));
    expect(look(web, ...jobs, ...pods)).toEqual([]);
  });
  test("for static pods and pods of custom controllers, whose owners are not read", () => {
    const labels = { app: "web" };
    const own = (kind: string, name: string) => pod(name, { labels, owners: [object(kind, name)] });
    expect(
      look(web, own("v1/Node", "n1"), own("v1/Node", "n2"), own("kafka.strimzi.io/v1/StrimziPodSet", "a")),
    ).toEqual([]);
  });
  test("for pods of the second workload that have ended or are ending", () => {
    const [top, set] = deployed("old");
    const of = { labels: { app: "web" }, owners: [set] };
    expect(look(web, ...deployed("web"), top, set, pod("old-1", { ...of, status: { phase: "Succeeded" } }))).toEqual(
      [],
    );
    expect(look(web, ...deployed("web"), top, set, pod("old-1", { ...of, deleted: 5 }))).toEqual([]);
  });
  test("for a headless Service, which only lists its members", () => {
    expect(look(service("web", { spec: { clusterIP: "None" } }), ...two)).toEqual([]);
  });
  test("for pods of another namespace", () => {
    const far = [object("v1/Namespace", "far"), service("web", { namespace: "far" })];
    expect(look(...far, ...two)).toEqual([]);
  });
});
