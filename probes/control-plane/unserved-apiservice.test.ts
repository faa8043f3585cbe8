import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { conditionOf, object } from "../objects.test-kit.ts";
import unservedApiService from "./unserved-apiservice.ts";

const backend = { service: { name: "metrics-server", namespace: "kube-system", port: 443 } };
const api = (spec: object, conditions: object[] | undefined, made = {}) =>
  object("apiregistration.k8s.io/v1/APIService", "v1beta1.metrics.k8s.io", {
    spec: { group: "metrics.k8s.io", version: "v1beta1", ...spec },
    status: { conditions },
    ...made,
  });
const unserved = (seconds: number, message = "endpoints for service have no addresses", reason = "MissingEndpoints") =>
  api(backend, [conditionOf("Available", "False", seconds, { message, reason })]);
const look = (it: object) => examine(unservedApiService, [it]).open;

describe("fires", () => {
  test("for an API that is not available", () => {
    expect(look(unserved(60))).toMatchObject([
      {
        severity: "critical",
        subject: "APIService/v1beta1.metrics.k8s.io",
        message: "API v1beta1.metrics.k8s.io is not served by Service kube-system/metrics-server (MissingEndpoints)",
        evidence: { says: "endpoints for service have no addresses" },
      },
    ]);
  });
  test("for one that never was", () => {
    expect(look(api(backend, undefined))[0]?.message).toContain("(NeverAvailable)");
  });
  test("thirty seconds after it went", () => {
    const { open, next } = examine(unservedApiService, [unserved(10)]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:00:20Z"));
  });
});

test("the finding and its words stay while the API server's differ", () => {
  const [[a], [b]] = [look(unserved(60, "dial tcp 10.0.0.1:443")), look(unserved(60, "dial tcp 10.0.0.2:443"))];
  expect([a?.fingerprint, a?.message]).toEqual([b?.fingerprint, b?.message]);
});

const available = (reason: string) => [conditionOf("Available", "True", 60, { reason })];
test.each([
  ["one that is available", api(backend, available("Passed"))],
  ["what the API server serves itself", api({}, available("Local"))],
  ["what the API server serves itself, just made", api({}, undefined)],
  [
    "one that is being deleted",
    { ...unserved(60), metadata: { ...unserved(60).metadata, deletionTimestamp: "2026-01-01T11:59:00Z" } },
  ],
])("is silent for %s", (_, it) => expect(look(it)).toEqual([]));
