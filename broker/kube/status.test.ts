import { describe, expect, it } from "vitest";
import { describeRequest, resourceText, ruleFor } from "./described.ts";
import { clientOf, faultOf, json, serve, statusObject } from "./test-server.ts";

describe("what a request means", () => {
  it.each([
    ["GET", "/api/v1/pods", "list", "pods", '{apiGroups: [""], resources: [pods], verbs: [list]}'],
    ["GET", "/api/v1/pods?watch=1&x=y", "watch", "pods", '{apiGroups: [""], resources: [pods], verbs: [watch]}'],
    ["GET", "/api/v1/namespaces", "list", "namespaces", '{apiGroups: [""], resources: [namespaces], verbs: [list]}'],
    [
      "GET",
      "/api/v1/namespaces/a",
      "get",
      'namespaces "a"',
      '{apiGroups: [""], resources: [namespaces], verbs: [get]}',
    ],
    [
      "PUT",
      "/api/v1/namespaces/a/status",
      "update",
      'namespaces/status "a"',
      '{apiGroups: [""], resources: [namespaces/status], verbs: [update]}',
    ],
    [
      "GET",
      "/apis/apps/v1/namespaces/a/deployments/web",
      "get",
      'deployments.apps "web" in namespace a',
      '{apiGroups: ["apps"], resources: [deployments], verbs: [get]}',
    ],
    [
      "PATCH",
      "/apis/apps/v1/namespaces/a/deployments/web/scale",
      "patch",
      'deployments/scale.apps "web" in namespace a',
      '{apiGroups: ["apps"], resources: [deployments/scale], verbs: [patch]}',
    ],
    [
      "POST",
      "/apis/a.b/v1/things",
      "create",
      "things.a.b",
      '{apiGroups: ["a.b"], resources: [things], verbs: [create]}',
    ],
    [
      "DELETE",
      "/apis/a.b/v1/things",
      "deletecollection",
      "things.a.b",
      '{apiGroups: ["a.b"], resources: [things], verbs: [deletecollection]}',
    ],
    [
      "DELETE",
      "/apis/a.b/v1/things/x",
      "delete",
      'things.a.b "x"',
      '{apiGroups: ["a.b"], resources: [things], verbs: [delete]}',
    ],
    ["GET", "/version", "get", "/version", '{nonResourceURLs: ["/version"], verbs: [get]}'],
    ["GET", "/apis/apps/v1", "get", "/apis/apps/v1", '{nonResourceURLs: ["/apis/apps/v1"], verbs: [get]}'],
  ])("%s %s: %s %s", (method, path, verb, text, rule) => {
    const described = describeRequest(method, path);
    expect([described.verb, resourceText(described), ruleFor(described)]).toEqual([verb, text, rule]);
  });
});

describe("refusals", () => {
  it.each([
    [400, "BadRequest", "kube-refused", false],
    [401, "Unauthorized", "kube-unauthorized", false],
    [403, "Forbidden", "kube-forbidden", false],
    [404, "NotFound", "kube-not-found", false],
    [409, "Conflict", "kube-conflict", false],
    [410, "Expired", "kube-gone", true],
    [422, "Invalid", "kube-refused", false],
    [429, "TooManyRequests", "kube-throttled", true],
    [500, "InternalError", "kube-failed", true],
    [503, "ServiceUnavailable", "kube-failed", true],
    [504, "Timeout", "kube-failed", true],
  ] as const)("of status %d (%s) become %s, retry %s", async (status, reason, code, retry) => {
    const server = await serve("h2", (_, response) =>
      json(response, statusObject(status, reason, "the server's own words."), status),
    );
    const error = await faultOf(clientOf(server).get("/api/v1/pods"));
    expect([error.code, error.retry]).toEqual([code, retry]);
    expect(error.message).toContain("the server's own words. ");
    expect(error.message).toContain(server.url);
  });

  it("of rights name the verb, the resource and the missing rule", async () => {
    const said =
      'deployments.apps is forbidden: User "u" cannot list resource "deployments" in API group "apps" at the cluster scope';
    const server = await serve("h2", (_, response) => json(response, statusObject(403, "Forbidden", said), 403));
    const error = await faultOf(clientOf(server).get("/apis/apps/v1/deployments"));
    expect(error.details).toEqual({
      server: server.url,
      verb: "list",
      resource: "deployments.apps",
      message: said,
      rule: '{apiGroups: ["apps"], resources: [deployments], verbs: [list]}',
    });
    expect(error.message).toContain("roundsman rbac");
  });

  it("that ask to come slower say when", async () => {
    const bodies = [
      { headers: { "retry-after": "7" }, body: "slow down\n" },
      {
        headers: {},
        body: JSON.stringify({ ...statusObject(429, "TooManyRequests", "x"), details: { retryAfterSeconds: 3 } }),
      },
      { headers: {}, body: "" },
    ];
    const server = await serve("h2", ({ url }, response) => {
      // A session that is slow is asked whether it lives.
      if (url !== "/api/v1/pods") return response.end("ok");
      const { headers, body } = bodies.shift()!;
      response.writeHead(429, headers);
      response.end(body);
    });
    const client = clientOf(server);
    const errors = [];
    for (let i = 0; i < 3; i++) errors.push(await faultOf(client.get("/api/v1/pods")));
    expect(errors.map((error) => error.details.retryAfter)).toEqual([7_000, 3_000, 1_000]);
    expect(errors[0]?.message).toContain("slow down");
  });
});
