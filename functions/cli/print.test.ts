import { describe, expect, test } from "vitest";
import type { Finding } from "#sdk/terms.ts";
import { findingsTable } from "./findings-table.ts";
import { ago, print, table, wrap } from "./print.ts";

test("columns are as wide as their widest cell", () => {
  expect(
    table(
      ["A", "LONG", "C"],
      [
        ["xxx", "1", "a\u001b[31m"],
        ["y", "2", ""],
      ],
    ),
  ).toBe("A    LONG  C\nxxx  1     a\ny    2");
});

test("a value is printed as JSON, as YAML or for people", () => {
  const value = [{ a: "b: c", n: "08" }];
  expect(print("json", value, () => "")).toBe('[\n  {\n    "a": "b: c",\n    "n": "08"\n  }\n]\n');
  expect(print("yaml", value, () => "")).toBe('- a: "b: c"\n  n: "08"\n');
  expect(print("table", value, () => "for you")).toBe("for you\n");
});

test("lines end where they must", () => {
  expect(wrap("one two three\n\nfour", 9, "  ")).toBe("  one two\n  three\n\n  four");
});

test.each([
  [-5, "0s"],
  [119, "119s"],
  [120, "2m"],
  [7_199, "119m"],
  [7_200, "2h"],
  [172_800, "2d"],
])("%d seconds are %s", (seconds, text) => {
  expect(ago(new Date(1e12 - seconds * 1000).toISOString(), 1e12)).toBe(text);
});

describe("findings for people", () => {
  const finding = {
    fingerprint: "0123456789abcdef",
    case: "a/b",
    severity: "high",
    state: "open",
    subject: { kind: "Pod", namespace: "shop", name: "web" },
    message: "it\nis",
    firstSeen: "2026-01-01T00:00:00Z",
  } as unknown as Finding;
  const now = Date.parse("2026-01-01T00:01:00Z");
  test("are a line each", () => {
    const lines = findingsTable([finding, { ...finding, instance: "night", owner: "team" }], now).split("\n");
    expect(lines[0]).toMatch(/^SEVERITY {2}CASE +SUBJECT +OWNER +SINCE +FINGERPRINT +MESSAGE$/);
    expect(lines[1]).toMatch(/^high +a\/b +Pod shop\/web +- +60s +01234567 +it is$/);
    expect(lines[2]).toMatch(/^high +a\/b@night +Pod shop\/web +team /);
  });
  test("show their state where it differs", () => {
    const text = findingsTable([finding, { ...finding, state: "resolved" }, { ...finding, stale: true }], now);
    expect(text.split("\n").map((line) => line.slice(10, 24).trim())).toEqual([
      "STATE",
      "open",
      "resolved",
      "open (stale)",
    ]);
  });
});
