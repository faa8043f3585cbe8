import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readDocuments } from "#functions/standalone/config-files.ts";
import { checkHealing } from "#functions/standalone/healing.ts";
import { createResourceReader } from "#sdk/resources/read.ts";

it("the README's configuration is one that is taken", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const read = createResourceReader();
  const resources = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].flatMap(([, yaml]) =>
    readDocuments(yaml!, "README.md").map(({ value, where }) => read(value, where)),
  );
  expect(resources.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["Remedier", "Defender", "Budget", "ProbeConfig"]),
  );
  checkHealing(resources, Date.now());
});
