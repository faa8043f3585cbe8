import { describe, expect, it } from "vitest";
import { findResource } from "./discovery.ts";
import { clientOf, faultOf, type Handler, json, serve, statusObject } from "./test-server.ts";

const served = (resource: string, kind: string, scope = "Namespaced") => ({
  resource,
  responseKind: { group: "", version: "", kind },
  scope,
  verbs: ["get", "list", "watch"],
  subresources: [{ subresource: "status" }],
});

const group = (name: string | undefined, ...versions: readonly [string, string, ...ReturnType<typeof served>[]][]) => ({
  metadata: name === undefined ? {} : { name },
  versions: versions.map(([version, freshness, ...resources]) => ({ version, freshness, resources })),
});

const aggregated: Handler = (request, response) => {
  expect(request.headers.accept).toMatch(/v=v2;as=APIGroupDiscoveryList,.*v=v2beta1.*,application\/json$/);
  const groups =
    request.url === "/api"
      ? [group(undefined, ["v1", "Current", served("pods", "Pod"), served("nodes", "Node", "Cluster")])]
      : [
          group(
            "autoscaling",
            ["v2", "Current", served("hpas", "HPA")],
            ["v1", "Current", served("hpas", "HPA"), served("olds", "Old")],
          ),
          group("metrics.k8s.io", ["v1beta1", "Stale"]),
        ];
  json(response, { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", items: groups });
};

const plain = (name: string, kind: string, namespaced = true) => ({
  name,
  kind,
  namespaced,
  verbs: ["get", "list", "watch"],
});
const answers: Readonly<Record<string, unknown>> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/api/v1": { resources: [plain("pods", "Pod"), plain("pods/status", "Pod"), plain("nodes", "Node", false)] },
  "/apis": {
    kind: "APIGroupList",
    groups: [
      { name: "autoscaling", versions: [{ version: "v1" }, { version: "v2" }], preferredVersion: { version: "v2" } },
      { name: "metrics.k8s.io", versions: [{ version: "v1beta1" }], preferredVersion: { version: "v1beta1" } },
    ],
  },
  "/apis/autoscaling/v1": { resources: [plain("hpas", "HPA"), plain("olds", "Old")] },
  "/apis/autoscaling/v2": { resources: [plain("hpas", "HPA")] },
};

const oneByOne: Handler = (request, response) => {
  const answer = answers[request.url ?? ""];
  if (answer) json(response, answer);
  else json(response, statusObject(503, "ServiceUnavailable", "service unavailable"), 503);
};

describe.each([
  ["aggregated", aggregated],
  ["one by one", oneByOne],
])("discovery, %s", (_, handler) => {
  it("finds all versions, and which one is preferred", async () => {
    const { resources } = await clientOf(await serve("h2", handler)).discover();
    expect(resources.map((r) => `${r.apiVersion}/${r.kind}${r.preferred ? " preferred" : ""}`).sort()).toEqual([
      "autoscaling/v1/HPA",
      "autoscaling/v1/Old preferred",
      "autoscaling/v2/HPA preferred",
      "v1/Node preferred",
      "v1/Pod preferred",
    ]);
  });

  it("says where and how each is served", async () => {
    const discovery = await clientOf(await serve("h2", handler)).discover();
    const verbs = ["get", "list", "watch"];
    expect(findResource(discovery, "v1/Node")).toEqual({
      group: "",
      version: "v1",
      apiVersion: "v1",
      kind: "Node",
      plural: "nodes",
      namespaced: false,
      verbs,
      preferred: true,
      path: "/api/v1/nodes",
    });
    expect(findResource(discovery, "autoscaling/v2/HPA")).toMatchObject({
      namespaced: true,
      path: "/apis/autoscaling/v2/hpas",
    });
    expect(findResource(discovery, "v1/HPA")).toBeUndefined();
  });

  it("does not fail for one group that does not answer", async () => {
    const { failed } = await clientOf(await serve("h2", handler)).discover();
    expect(failed).toEqual([
      { group: "metrics.k8s.io", message: expect.stringMatching(/does not answer|service unavailable/) },
    ]);
  });
});

describe("discovery", () => {
  it("fails where the server does", async () => {
    const server = await serve("h2", (_, response) =>
      json(response, statusObject(503, "ServiceUnavailable", "not ready"), 503),
    );
    expect((await faultOf(clientOf(server).discover())).code).toBe("kube-failed");
  });
});
