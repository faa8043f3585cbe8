import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";
import { crd } from "./crd.ts";
import { fakeProcess } from "./process.test-kit.ts";

const here = new URL("../../dist/", import.meta.url);

test("crd prints the definitions", async () => {
  const { process, out } = fakeProcess();
  await crd({ process, here }, "print", {});
  expect(parseAllDocuments(out()).map((document) => document.toJS())).toEqual(Object.values(DEFINITIONS));
});

test("crd install touches no cluster that nobody named", async () => {
  const { process, out } = fakeProcess();
  await expect(crd({ process, here }, "install", {})).rejects.toThrow(/--kubeconfig is missing: name the cluster/);
  expect(out()).toBe("");
});
