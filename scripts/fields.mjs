// Writes sdk/case/fields.json: which fields the built-in kinds have, from the models of @kubernetes/client-node.
// With it a mistyped path in a case gets a message also where no compiler looked. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import * as models from "@kubernetes/client-node/dist/gen/models/all.js";

const target = new URL("../sdk/case/fields.json", import.meta.url);
const source = readFileSync(new URL("../sdk/case/kinds.ts", import.meta.url), "utf8");
const kinds = Object.fromEntries(
  [...source.matchAll(/^ {2}"([^"*]+\/[^"]+)": k8s\.(\w+);$/gm)].map((m) => [m[1], m[2]]),
);

/** A field's type in short: "" a plain value, "X" an object, "X[]" an array, "X{}" a map, "?" anything. */
const types = {};
function short(type) {
  const array = /^Array<(.+)>$/.exec(type);
  if (array) return `${short(array[1])}[]`;
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map) return `${short(map[1])}{}`;
  if (type === "any" || type === "object" || type === "IntOrString") return "?";
  if (["string", "number", "boolean", "Date", "V1MicroTime"].includes(type)) return "";
  reach(type);
  return type;
}
function reach(name) {
  if (name in types) return;
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: which models there are is data here
  const model = models[name];
  if (!model) throw new Error(`no model ${name}`);
  const fields = {};
  types[name] = fields;
  for (const { baseName, type } of model.getAttributeTypeMap())
    if (baseName !== "managedFields") fields[baseName] = short(type);
}
for (const name of Object.values(kinds)) reach(name);

const value = { kinds, types };
if (process.argv.includes("--check")) {
  if (!isDeepStrictEqual(JSON.parse(readFileSync(target, "utf8")), value)) {
    process.stderr.write("sdk/case/fields.json is not what scripts/fields.mjs writes: run `npm run fields`.\n");
    process.exit(1);
  }
} else writeFileSync(target, `${JSON.stringify(value, null, 2)}\n`);
