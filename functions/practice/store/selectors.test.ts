import { describe, expect, it } from "vitest";
import type { KubeObject } from "./object.ts";
import { BUILT_IN } from "./resources.ts";
import { fieldSelector, labelSelector, selects } from "./selectors.ts";

const pod = (labels?: Record<string, string>, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "p",
    namespace: "n",
    uid: "u",
    resourceVersion: "1",
    creationTimestamp: "",
    ...(labels && { labels }),
  },
  ...more,
});
const pods = BUILT_IN.find(({ id }) => id === "pods")!;

describe("a label selector", () => {
  it.each([
    ["", true],
    ["a=b", true],
    ["a==b", true],
    ["a=", false],
    ["a=c", false],
    ["a!=c", true],
    ["nobody!=c", true],
    ["a", true],
    ["!a", false],
    ["nobody", false],
    ["a in (x, b)", true],
    ["a notin (x,b)", false],
    ["nobody notin (x)", true],
    ["a in (b),e/f=g", true],
    ["a=b,e/f=h", false],
    ["toString", false],
    ["constructor!=x", true],
  ])("%s", (text, wanted) => {
    expect(labelSelector(text)(pod({ a: "b", "e/f": "g" }))).toBe(wanted);
  });

  it.each(["!!a", "=b", "a in b", "a in (b", "a among (b)", "a b", "-a"])("refuses %s", (text) => {
    expect(() => labelSelector(text)).toThrow("unable to parse requirement");
  });

  // What grows with the square of its input would not come back before the test is given up.
  it.each(["(".repeat(1e5), "a,".repeat(1e5), " ".repeat(1e5), `a${" ".repeat(1e5)}b`, `a${"=".repeat(1e5)}`])(
    "reads a hostile one to its end",
    (text) => {
      const matches = () => labelSelector(text)(pod());
      if (text.trim() === "") expect(matches()).toBe(true);
      else expect(matches).toThrow("unable to parse requirement");
    },
  );
});

describe("a field selector", () => {
  const running = pod(undefined, { spec: { nodeName: "x" }, status: { phase: "Running" } });

  it.each([
    ["metadata.name=p", true],
    ["spec.nodeName=x,status.phase!=Pending", true],
    ["status.phase==Pending", false],
    ["status.podIP=", true],
    ["metadata.namespace=n,spec.hostNetwork=false", true],
  ])("%s", (text, wanted) => {
    expect(fieldSelector(pods, text)(running)).toBe(wanted);
  });

  it.each(["spec.image=x", "constructor=x", "__proto__=x"])("refuses %s", (text) => {
    expect(() => fieldSelector(pods, text)).toThrow("field label not supported");
  });
});

it("an empty selector of a service selects nothing", () => {
  expect(selects({}, pod({ a: "b" }))).toBe(false);
  expect(selects(undefined, pod({ a: "b" }))).toBe(false);
  expect(selects({ a: "b" }, pod({ a: "b", c: "d" }))).toBe(true);
  expect(selects({ a: "b", c: "x" }, pod({ a: "b", c: "d" }))).toBe(false);
});
