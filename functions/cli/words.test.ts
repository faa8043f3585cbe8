import { expect, test } from "vitest";
import { scopePath } from "../defender/scopes.ts";
import { scopeFrom, targetOf } from "./words.ts";

test.each([
  ["Node/gpu-7", { kind: "Node", name: "gpu-7" }],
  ["statefulset/shop/web", { kind: "StatefulSet", namespace: "shop", name: "web" }],
  ["Widget/w", { kind: "Widget", name: "w" }],
])("%s is a target", (text, target) => expect(targetOf(text)).toEqual(target));

test.each(["gpu-7", "Node/", "/gpu-7", "Pod//web", "Pod/a/b/c", ""])("%j is none", (text) => {
  expect(() => targetOf(text)).toThrow("names no target");
});

test.each([
  ["fleet", []],
  ["cluster/eu-1", ["eu-1"]],
  ["cluster/arn:aws:eks:eu-1:1:cluster/prod", ["arn:aws:eks:eu-1:1:cluster/prod"]],
  ["pool/a/b/gpu", ["a/b", "gpu"]],
  ["namespace/eu-1/shop", ["eu-1", "shop"]],
  ["owner/team-a", ["team-a"]],
  ["target/eu-1/Node/gpu-7", ["eu-1", "Node", "", "gpu-7"]],
  ["target/a/b/Pod/shop/web", ["a/b", "Pod", "shop", "web"]],
])("%s is a scope, and is written so again", (text, names) => {
  const scope = scopeFrom(text);
  expect(scope).toEqual({ scope: text.split("/")[0], names });
  expect(scopePath(scope)).toBe(text);
});

test.each(["planet", "fleet/x", "cluster", "cluster/", "pool/gpu", "target/eu-1/gpu-7", "target/Node/gpu-7", "eu-1"])(
  "%s is none",
  (text) => expect(() => scopeFrom(text)).toThrow(/^.* (names no scope|leaves a name out|has names)/),
);
