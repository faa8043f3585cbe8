import { expect, it } from "vitest";
import { examine } from "#sdk/testing/index.ts";
import canary from "./canary.ts";

it("is raised while its row is there, and says when it set out", () => {
  const row = { apiVersion: "roundsman", kind: "Canary", metadata: { name: "c" }, sent: 7 };
  expect(examine(canary, [row]).open).toMatchObject([{ severity: "low", evidence: { sent: 7 } }]);
  expect(examine(canary, []).open).toEqual([]);
});
