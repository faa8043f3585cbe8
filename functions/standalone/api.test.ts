import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { inspection } from "#sdk";
import { manifestOf } from "#sdk/case/manifest.ts";
import { instancesOn } from "#sdk/resources/instances.ts";
import type { Finding, Severity } from "#sdk/terms.ts";
import { createApi } from "./api.ts";

const one = inspection.each({
  name: "x/one",
  severity: "low",
  reason: "r",
  help: "h",
  of: { kind: "v1/Pod" },
  check: () => "x",
});
const manifests = [manifestOf(one, "case.ts", "1")];
const finding = (fingerprint: string, severity: Severity, state: Finding["state"], namespace: string): Finding =>
  ({
    fingerprint,
    severity,
    state,
    case: "x/one",
    cluster: "c",
    owner: `team-${namespace}`,
    subject: { kind: "Pod", namespace, name: "p" },
  }) as never;
const findings = [
  finding("aa1", "low", "open", "shop"),
  finding("aa2", "critical", "open", "data"),
  finding("bb3", "high", "resolved", "shop"),
];

function app(waits: string[] = []) {
  const metrics = new Registry();
  return createApi({
    version: "1",
    cluster: "c",
    findings: { findings: () => findings },
    manifests,
    instances: () => instancesOn({ name: "c" }, manifests, []),
    metrics,
    waitsFor: () => waits,
    failed: (e) => {
      throw e;
    },
  });
}
const get = async (url: string, of = app()) => {
  const answer = await of.inject({ method: "GET", url, headers: { host: "127.0.0.1" } });
  return {
    status: answer.statusCode,
    body: String(answer.headers["content-type"]).includes("json") ? answer.json() : answer.body,
  };
};
const prints = async (query: string) =>
  (await get(`/v1/findings${query}`)).body.findings.map((f: Finding) => f.fingerprint);

describe("GET /v1/findings", () => {
  it.each([
    ["", ["aa2", "bb3", "aa1"]],
    ["?state=open", ["aa2", "aa1"]],
    ["?state=resolved", ["bb3"]],
    ["?severity=high", ["aa2", "bb3"]],
    ["?owner=team-s*", ["bb3", "aa1"]],
    ["?namespace=data&case=x/*", ["aa2"]],
    ["?cluster=other", []],
  ])("%s, worst first", async (query, wanted) => {
    expect(await prints(query)).toEqual(wanted);
  });

  it.each(["?state=closed", "?severity=bad", "?sate=open", "?state=open&state=resolved"])(
    "refuses %s",
    async (query) => {
      expect((await get(`/v1/findings${query}`)).status).toBe(400);
    },
  );

  it("gives one by a unique beginning of its fingerprint", async () => {
    expect((await get("/v1/findings/bb")).body.fingerprint).toBe("bb3");
    expect((await get("/v1/findings/aa")).status).toBe(409);
    expect((await get("/v1/findings/cc")).status).toBe(404);
  });
});

it("GET /v1/cases tells as what each runs", async () => {
  const { body } = await get("/v1/cases");
  expect(body).toMatchObject({
    cluster: "c",
    cases: [{ name: "x/one", instances: [{ id: "x/one", for: 0, clear: 0 }] }],
  });
});

it("is live from the start, and ready when nothing is waited for", async () => {
  expect((await get("/livez", app(["a list"]))).status).toBe(200);
  expect(await get("/readyz", app(["a list"]))).toEqual({ status: 503, body: { status: "waiting", for: ["a list"] } });
  expect((await get("/readyz")).status).toBe(200);
  expect((await get("/metrics")).status).toBe(200);
});

it("describes itself by the schemas that judge", async () => {
  const { status, body } = await get("/openapi.json");
  expect(status).toBe(200);
  expect(Object.keys(body.paths).sort()).toEqual([
    "/livez",
    "/metrics",
    "/openapi.json",
    "/readyz",
    "/v1/cases",
    "/v1/findings",
    "/v1/findings/{fingerprint}",
  ]);
  const { operationId, parameters } = body.paths["/v1/findings"].get;
  expect(operationId).toBe("getV1Findings");
  expect(parameters).toContainEqual({
    name: "state",
    in: "query",
    required: false,
    schema: { type: "string", enum: ["open", "resolved"] },
  });
});
