import { describe, expect, test } from "vitest";
import { instances } from "#functions/cli/in-process.test-kit.ts";
import type { Finding } from "#sdk/terms.ts";
import { BUILT_IN_RESOURCES } from "./built-in-resources.ts";
import { inScope, isLocal } from "./scope.ts";

const on = (kind: string, name: string, namespace?: string) =>
  ({ subject: { kind, name, ...(namespace !== undefined && { namespace }) } }) as Finding;

describe("namespaces", () => {
  const only = { namespace: ["shop", "web"] };
  const without = { excludeNamespace: ["shop"] };
  test.each([
    ["all, unless said", {}, on("Pod", "a", "shop"), true],
    ["only these", only, on("Pod", "a", "web"), true],
    ["not another", only, on("Pod", "a", "other"), false],
    ["not these", without, on("Pod", "a", "shop"), false],
    ["all but these", without, on("Pod", "a", "web"), true],
    ["a namespace is in itself", without, on("Namespace", "shop"), false],
    ["what stands in none is always looked at", { ...only, ...without }, on("Node", "shop"), true],
    ["excluded counts", { namespace: ["shop"], excludeNamespace: ["shop"] }, on("Pod", "a", "shop"), false],
  ])("%s", (_, scope, finding, expected) => {
    expect(inScope(scope, finding)).toBe(expected);
  });
});

test("where only some are listed, no case runs that would take the others' objects for gone", () => {
  const left = instances().filter((one) => !isLocal(one, BUILT_IN_RESOURCES));
  expect(left.map(({ id }) => id)).toEqual([
    "control-plane/webhook-without-backend",
    "node/lease-stale",
    "node/requests-exceed-allocatable",
    "node/task-hung",
    "storage/dangling-volume",
  ]);
});
