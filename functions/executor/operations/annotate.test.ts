import { expect, it } from "vitest";
import { createCatalog } from "../catalog.ts";
import { annotate } from "./annotate.ts";

const target = { apiVersion: "v1", kind: "Node", name: "n", uid: "u" };
const flaw = (key: string) =>
  createCatalog([annotate]).resolve({ operation: "annotate", target, params: { annotations: { [key]: "1" } } });

it.each(["roundsman.dev/cordoned", "taint.roundsman.dev/x", "node.kubernetes.io/x", "k8s.io/x", "a b", "/x", "x/"])(
  "%s is nobody's to set: a claim could be forged with it, or a controller misled",
  (key) => expect(flaw(key)).toMatchObject({ flaw: expect.stringContaining("annotations") }),
);

it.each(["e.example/x", "x", "notkubernetes.io/x", "a.b-c.example/X_y.z"])("%s is", (key) =>
  expect(flaw(key)).not.toHaveProperty("flaw"),
);
