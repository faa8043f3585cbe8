import { describe, expect, test } from "vitest";
import type { KubeClient } from "#broker/kube/index.ts";
import { BUILT_IN_RESOURCES } from "#functions/standalone/built-in-resources.ts";
import { fault } from "#sdk/errors.ts";
import { instances } from "./in-process.test-kit.ts";
import { listLive } from "./live.ts";

const forbidden = (resource: string) =>
  fault("kube-forbidden", { server: "s", verb: "list", resource, message: "no", rule: "r" });

/** A client whose lists have an object each, named by its path; `fails` says which do not answer. */
function client(fails: (path: string) => Error | undefined = () => undefined, without: readonly string[] = []) {
  const asked: string[] = [];
  const served = BUILT_IN_RESOURCES.filter(({ kind }) => !without.includes(kind));
  const kube = {
    discover: async () => ({ resources: served, failed: [] }),
    version: async () => ({ major: 1, minor: 34, gitVersion: "v1.34.1", platform: "x" }),
    async *list(path: string, { fieldSelector }: { fieldSelector?: string } = {}) {
      asked.push(fieldSelector === undefined ? path : `${path}?${fieldSelector}`);
      const error = fails(path);
      if (error) throw error;
      yield { items: [{ metadata: { name: path }, spec: { group: "example.com", names: { kind: "Own" } } }] };
    },
  } as unknown as KubeClient;
  return { kube, asked };
}

const listed = (kube: KubeClient, namespaces?: readonly string[]) =>
  listLive({ client: kube, instances: instances(), ...(namespaces && { namespaces }), progress: () => undefined });

describe("one pass over a live cluster", () => {
  test("lists what the cases read, each once, and never secrets", async () => {
    const { kube, asked } = client();
    const { objects, refused, version, skipped } = await listed(kube);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.join("\n")).not.toContain("secrets");
    expect(asked).toContain("/api/v1/pods");
    expect(asked.filter((path) => path.includes("/events"))).toContain("/api/v1/events?reason=TaskHung");
    expect(objects.get("v1/Pod")).toHaveLength(1);
    expect(version).toEqual({ major: "1", minor: "34", gitVersion: "v1.34.1" });
    expect([refused.size, skipped]).toEqual([0, []]);
  });
  test("asks only in the namespaces that are named, and says which cases cannot run then", async () => {
    const { kube, asked } = client();
    const { instances: running, skipped, objects } = await listed(kube, ["shop", "web"]);
    const inNamespaces = asked.filter((path) => path.includes("/pods"));
    expect(inNamespaces).toEqual(["/api/v1/namespaces/shop/pods", "/api/v1/namespaces/web/pods"]);
    expect(asked).toContain("/api/v1/nodes");
    expect(objects.get("v1/Pod")).toHaveLength(2);
    expect(running).toHaveLength(15);
    expect(skipped).toContainEqual({
      instance: "storage/dangling-volume",
      why: "only the namespace shop, web is read",
    });
  });
  test("names what it may not list, and goes on", async () => {
    const { kube } = client((path) => (path.endsWith("/pods") ? forbidden("pods") : undefined));
    const { refused, objects, listed: kinds } = await listed(kube);
    expect(refused.get("v1/Pod")).toContain("forbids to list pods");
    expect(kinds.has("v1/Pod")).toBe(false);
    expect(objects.get("v1/Node")).toHaveLength(1);
  });
  test("names what is not served", async () => {
    const { kube } = client(undefined, ["EndpointSlice"]);
    expect((await listed(kube)).refused.get("discovery.k8s.io/v1/EndpointSlice")).toContain("is not served");
  });
  test("breaks off where the API server does not answer", async () => {
    const gone = fault("kube-unreachable", { server: "s", what: "refused", check: "c" });
    const { kube } = client((path) => (path.endsWith("/pods") ? gone : undefined));
    await expect(listed(kube)).rejects.toBe(gone);
  });
});
