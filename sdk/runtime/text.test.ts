import { expect, it } from "vitest";
import { counted, painter, plain } from "./text.ts";

it("text of a cluster stays one line and moves no cursor", () => {
  expect(plain("a\u001b[2Jb\r\nc\u2028d\u0007")).toBe("ab c d ");
});

it("colours only where they are wanted", () => {
  expect([painter(true)("red", "a"), painter(false)("red", "a")]).toEqual(["\u001b[31ma\u001b[39m", "a"]);
});

it("counts one as one", () => {
  expect([0, 1, 2].map((n) => counted(n, "pod"))).toEqual(["0 pods", "1 pod", "2 pods"]);
});
