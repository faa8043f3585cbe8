import { expect, it } from "vitest";
import type { Resource } from "#sdk/resources/schemas.ts";
import { DEFAULT_RESOURCES } from "./default-resources.ts";
import { mergeResources } from "./resources.ts";

const budget = (name: string, spec: object) => ({ kind: "Budget", metadata: { name }, spec }) as unknown as Resource;
const names = (...own: Resource[]) => mergeResources(DEFAULT_RESOURCES, own).map(({ metadata }) => metadata.name);
const limits = [{ most: 1, per: "1h" }];

it("a default gives way to what has its name", () => {
  expect(names(budget("few-per-cluster", { scope: "cluster", limits }))).toEqual([
    "stdout",
    "one-per-target",
    "few-per-cluster",
  ]);
});

it("a default budget gives way to one that limits all of its scope, and to no narrower one", () => {
  expect(names(budget("mine", { scope: "cluster", limits }))).toEqual(["stdout", "one-per-target", "mine"]);
  const all = ["stdout", "one-per-target", "few-per-cluster", "mine"];
  expect(names(budget("mine", { scope: "cluster", operations: ["drain"], limits }))).toEqual(all);
  expect(names(budget("mine", { scope: "cluster", match: { pool: ["gpu"] }, limits }))).toEqual(all);
  expect(names(budget("mine", { scope: "cluster", inFlight: 1 }))).toEqual(all);
  expect(names(budget("mine", { scope: "owner", limits }))).toEqual(all);
});
