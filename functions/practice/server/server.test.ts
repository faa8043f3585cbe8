import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isFault } from "#sdk/errors.ts";
import { kubeconfigOf } from "../kubeconfig.ts";
import { startTestApi, type TestApi } from "../testing/api.ts";
import { startApiServer } from "./server.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

describe("the practice API server", () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi();
  });
  afterEach(async () => {
    await api.server.close();
    expect(api.failures).toEqual([]);
  });

  it("listens on loopback only, and says which port is taken", async () => {
    expect(api.server.url).toBe(`http://127.0.0.1:${api.server.port}`);
    const second = startApiServer({
      store: api.store,
      port: api.server.port,
      housekeeping: false,
      report: () => undefined,
    });
    const error = await second.catch((cause: unknown) => cause);
    expect(isFault(error, "practice-port")).toBe(true);
    expect(String(error)).toContain(String(api.server.port));
  });

  it("answers to no other name than loopback's", async () => {
    const code = await new Promise<number>((resolve, reject) => {
      request(`${api.server.url}/version`, { headers: { host: "rebound.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });
    expect(code).toBe(403);
  });

  it("writes a kubeconfig that names it", () => {
    expect(kubeconfigOf(api.server.url)).toContain(`server: ${api.server.url}\n`);
  });

  it("tells the same in both ways of discovery", async () => {
    const groups = (await api.ask("GET", "/apis")).body.groups.flatMap(({ versions }: any) =>
      versions.map(({ groupVersion }: any) => groupVersion),
    );
    const classic: string[] = [];
    for (const groupVersion of ["v1", ...groups]) {
      const { body } = await api.ask("GET", groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`);
      classic.push(...body.resources.map(({ name, kind, verbs }: any) => `${groupVersion} ${name} ${kind} ${verbs}`));
    }
    const aggregated: string[] = [];
    for (const path of ["/api", "/apis"]) {
      const { body } = await api.ask("GET", path, undefined, { accept: AGGREGATED });
      for (const { metadata, versions } of body.items) {
        for (const { version, resources } of versions) {
          const groupVersion = metadata.name ? `${metadata.name}/${version}` : version;
          for (const { resource, responseKind, verbs, subresources = [] } of resources) {
            aggregated.push(`${groupVersion} ${resource} ${responseKind.kind} ${verbs}`);
            for (const one of subresources)
              aggregated.push(`${groupVersion} ${resource}/${one.subresource} ${one.responseKind.kind} ${one.verbs}`);
          }
        }
      }
    }
    expect(aggregated.sort()).toEqual(classic.sort());
    expect(classic.length).toBeGreaterThan(45);
  });

  it("remembers who asked for what, and whether anybody wrote", async () => {
    api.server.requests.clear();
    await api.ask("GET", "/version");
    await api.ask("GET", MAPS);
    await api.ask("GET", `${MAPS}/kube-root-ca.crt`);
    await api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      spec: { resourceAttributes: { verb: "list", resource: "pods" } },
    });
    expect(api.server.requests.all().map(({ verb, resource, name }) => [verb, resource, name])).toEqual([
      ["get", undefined, undefined],
      ["list", "configmaps", undefined],
      ["get", "configmaps", "kube-root-ca.crt"],
      ["create", "selfsubjectaccessreviews.authorization.k8s.io", undefined],
    ]);
    expect(api.server.requests.writes()).toEqual([]);
    await api.ask("DELETE", `${MAPS}/nobody`);
    expect(api.server.requests.writes()).toMatchObject([
      { verb: "delete", resource: "configmaps", namespace: "default", name: "nobody" },
    ]);
  });

  it("reads no poisoned JSON", async () => {
    const poisoned = '{"metadata":{"name":"x","__proto__":{"polluted":1}}}';
    const { code, body } = await api.ask("POST", MAPS, poisoned);
    expect([code, body.reason]).toEqual([400, "BadRequest"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("takes no body beyond its limit", async () => {
    const { code } = await api.ask("POST", MAPS, { metadata: { name: "big" }, data: { x: "y".repeat(3 * 2 ** 20) } });
    expect(code).toBe(413);
  });

  describe("under a test's knobs", () => {
    it("forbids in the API server's own words, until it is undone", async () => {
      const undo = api.server.knobs.forbid("pods", ["list", "watch"]);
      const { code, body } = await api.ask("GET", "/api/v1/pods");
      expect(code).toBe(403);
      expect(body).toEqual({
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: 'pods is forbidden: User "practice" cannot list resource "pods" in API group "" at the cluster scope',
        reason: "Forbidden",
        details: { kind: "pods" },
        code: 403,
      });
      expect((await api.ask("GET", "/api/v1/namespaces/default/pods/x")).code).toBe(404);
      const review = { spec: { resourceAttributes: { verb: "list", resource: "pods" } } };
      expect(
        (await api.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)).body.status,
      ).toEqual({ allowed: false });
      undo();
      expect((await api.ask("GET", "/api/v1/pods")).code).toBe(200);
      api.server.knobs.forbid("deployments.apps");
      expect((await api.ask("GET", "/apis/apps/v1/namespaces/default/deployments/x")).body.message).toBe(
        'deployments.apps "x" is forbidden: User "practice" cannot get resource "deployments" in API group "apps" in the namespace "default"',
      );
    });

    it("lets a group fail: 503, and stale in discovery", async () => {
      const undo = api.server.knobs.failGroup("apps");
      expect(await api.ask("GET", "/apis/apps/v1/deployments")).toMatchObject({
        code: 503,
        body: "service unavailable\n",
      });
      expect((await api.ask("GET", "/apis/apps/v1")).code).toBe(503);
      const { body } = await api.ask("GET", "/apis", undefined, { accept: AGGREGATED });
      expect(body.items.find(({ metadata }: any) => metadata.name === "apps").versions).toEqual([
        { version: "v1", freshness: "Stale" },
      ]);
      expect((await api.ask("GET", "/apis")).body.groups.map(({ name }: any) => name)).toContain("apps");
      expect((await api.ask("GET", "/api/v1/pods")).code).toBe(200);
      undo();
      expect((await api.ask("GET", "/apis/apps/v1/deployments")).code).toBe(200);
    });

    it("expires a list between its pages when the history is compacted", async () => {
      for (const name of ["a", "b", "c"]) await api.ask("POST", MAPS, { metadata: { name } });
      const first = await api.ask("GET", `${MAPS}?limit=1`);
      await api.ask("DELETE", `${MAPS}/b`);
      api.server.knobs.compact();
      const second = await api.ask("GET", `${MAPS}?limit=1&continue=${first.body.metadata.continue}`);
      expect(second).toMatchObject({
        code: 410,
        body: { reason: "Expired", message: expect.stringContaining("The provided continue parameter is too old") },
      });
      // What it hands out instead leads on, over the list as it is now.
      const rest = await api.ask("GET", `${MAPS}?limit=1&continue=${second.body.metadata.continue}`);
      expect(rest.body.items.map(({ metadata }: any) => metadata.name)).toEqual(["c"]);
    });

    it("answers late", async () => {
      api.server.knobs.latency(5_000);
      let answered = false;
      const asking = api.ask("GET", "/version").then(() => {
        answered = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(answered).toBe(false);
      while (!answered) {
        api.time.advance(5_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await asking;
    });

    it("breaks every connection in an outage, and comes back", async () => {
      api.server.knobs.outage(true);
      await expect(api.ask("GET", "/version")).rejects.toThrow(/ECONNRESET|socket hang up|EPIPE/);
      api.server.knobs.outage(false);
      expect((await api.ask("GET", "/version")).code).toBe(200);
    });
  });
});
