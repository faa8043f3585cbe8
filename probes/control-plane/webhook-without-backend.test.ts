import { describe, expect, test } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import { object, service, slice } from "../objects.test-kit.ts";
import webhookWithoutBackend from "./webhook-without-backend.ts";

const rules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"], scope: "*" }];
const hook = (name: string, more = {}) => ({
  admissionReviewVersions: ["v1"],
  clientConfig: { service: { name: "guard", namespace: "shop", path: "/x", port: 443 } },
  failurePolicy: "Fail",
  matchPolicy: "Equivalent",
  name,
  namespaceSelector: {},
  objectSelector: {},
  rules,
  sideEffects: "None",
  timeoutSeconds: 10,
  ...more,
});
const validating = (name: string, webhooks: object[], made = {}) =>
  object("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", name, made, { webhooks });
const mutating = (name: string, webhooks: object[]) =>
  object("admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", name, {}, { webhooks });
const guard = service("guard");
const one = validating("guard", [hook("a.example.com")]);
const look = (...objects: object[]) => examine(webhookWithoutBackend, objects, { scan: true }).open;

describe("fires", () => {
  test("critically where requests are refused", () => {
    expect(look(one, guard, slice("guard", ["unready"]))).toMatchObject([
      {
        severity: "critical",
        subject: "ValidatingWebhookConfiguration/guard",
        message:
          "ValidatingWebhookConfiguration guard calls Service shop/guard, which has no ready endpoint: requests that it should admit are refused",
        evidence: { webhooks: ["a.example.com (Fail)"] },
      },
    ]);
  });
  test("where the Service does not exist", () => {
    expect(look(one)[0]?.message).toContain("calls Service shop/guard, which does not exist");
  });
  test("lowly where its checks are skipped", () => {
    const found = look(validating("guard", [hook("a", { failurePolicy: "Ignore" })]), guard);
    expect(found).toMatchObject([{ severity: "low" }]);
    expect(found[0]?.message).toMatch(/: its checks are skipped$/);
  });
  test.each([
    ["high", "only labelled namespaces", { namespaceSelector: { matchLabels: { inject: "yes" } } }],
    ["high", "only labelled objects", { objectSelector: { matchExpressions: [{ key: "x", operator: "Exists" }] } }],
    [
      "critical",
      "all namespaces but some",
      { namespaceSelector: { matchExpressions: [{ key: "x", operator: "NotIn", values: ["y"] }] } },
    ],
  ])("%s where it takes %s", (severity, _, more) => {
    expect(look(validating("guard", [hook("a", more)]), guard)).toMatchObject([{ severity }]);
  });
  test("for each configuration that calls it", () => {
    const found = look(one, mutating("guard", [hook("b"), hook("c")]));
    expect(found.map((f) => f.subject)).toEqual([
      "MutatingWebhookConfiguration/guard",
      "ValidatingWebhookConfiguration/guard",
    ]);
  });
  test("after ten seconds", () => {
    const { open, next } = examine(webhookWithoutBackend, [one]);
    expect(open).toEqual([]);
    expect(next).toBe(Date.parse("2026-01-01T12:00:10Z"));
  });
});

test("one finding per configuration and Service, in whatever order, while webhooks are added", () => {
  const [a] = look(guard, one);
  const [b] = look(validating("guard", [hook("z"), hook("a.example.com")]), slice("guard", []), guard);
  expect(a?.fingerprint).toBe(b?.fingerprint);
});

test.each([
  ["a backend that answers", [one, guard, slice("guard", ["unready", "ready"])]],
  [
    "a backend behind an external name",
    [one, service("guard", { spec: { type: "ExternalName", externalName: "example.com" } })],
  ],
  [
    "a webhook outside the cluster",
    [validating("guard", [hook("a", { clientConfig: { url: "https://example.com" } })])],
  ],
  ["a webhook without rules, which is never called", [validating("guard", [hook("a", { rules: undefined })]), guard]],
  [
    "a configuration without webhooks",
    [object("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", "empty")],
  ],
  ["a configuration that is being deleted", [validating("guard", [hook("a")], { deleted: 5 })]],
])("is silent for %s", (_, objects) => expect(look(...objects)).toEqual([]));
