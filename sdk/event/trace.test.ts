import { expect, it } from "vitest";
import { traceIdOf, traceparentOf } from "./trace.ts";

it("is as W3C wants it, another for each check and each watcher", () => {
  const names = ["0123456789abcdef", "fedcba9876543210"];
  const all = names.flatMap((name) => [1, 2, 2 ** 40].map((n) => traceparentOf(name, n)));
  for (const one of all) expect(one).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(new Set(all.map(traceIdOf)).size).toBe(6);
  expect(traceIdOf(all[0])).toBe("0123456789abcdef0000000000000001");
});

it.each([
  ...[
    undefined,
    "",
    "00-ab-cd-01",
    `00-${"0".repeat(32)}-${"1".repeat(16)}-01`,
    `00-${"1".repeat(32)}-${"0".repeat(16)}-01`,
  ],
  ...[`ff-${"1".repeat(32)}-${"1".repeat(16)}-01`, `00-${"A".repeat(32)}-${"1".repeat(16)}-01`],
])("%j is none", (text) => {
  expect(traceIdOf(text)).toBeUndefined();
});
