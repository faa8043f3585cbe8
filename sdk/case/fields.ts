import known from "./fields.json" with { type: "json" };
import { nearest } from "./nearest.ts";
import type { Step } from "./path.ts";

const kinds: Readonly<Record<string, string>> = known.kinds;
const types: Readonly<Record<string, Readonly<Record<string, string>>>> = known.types;

const META_ONLY = { apiVersion: "", kind: "", metadata: "V1ObjectMeta" };
const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "*": META_ONLY,
  "roundsman/Cluster": { ...META_ONLY, version: "version", kinds: "[]" },
  "roundsman/Canary": { ...META_ONLY, sent: "" },
  version: { major: "", minor: "", gitVersion: "" },
};

const fieldsOf = (type: string) => types[type] ?? OWN[type];

/** Why the path leads nowhere in objects of a type, or undefined. */
function check(type: string, steps: readonly Step[], walked: string): string | undefined {
  const [step, ...rest] = steps;
  if (step === undefined || type === "?") return undefined;
  if (step.step === "each" || step.step === "match") {
    if (!type.endsWith("[]")) return `${walked} is no list: leave out the [ ]`;
    const element = type.slice(0, -2);
    const fields = fieldsOf(element);
    if (step.step === "match" && fields && !(step.field in fields))
      return `the elements of ${walked} have no field "${step.field}"${nearest(step.field, Object.keys(fields))}`;
    return check(element, rest, `${walked}[]`);
  }
  if (type.endsWith("[]")) return `${walked} is a list: write ${walked}[]`;
  if (type.endsWith("{}")) return check(type.slice(0, -2), rest, walked);
  const fields = fieldsOf(type);
  if (fields === undefined) return `${walked} is a plain value and has no fields`;
  // A param stands for a name that is not known yet.
  if (step.step === "param") return undefined;
  const next = fields[step.name];
  if (next === undefined) return `${walked} has no field "${step.name}"${nearest(step.name, Object.keys(fields))}`;
  return check(next, rest, `${walked === "" ? "" : `${walked}.`}${step.name}`);
}

/**
 * Why a path leads nowhere in objects of the kind (of each, where there are several), as the end of a sentence.
 * Kinds that are not built in are taken at the author's word: `undefined`.
 */
export function checkPath(kind: string | readonly string[] | undefined, steps: readonly Step[]): string | undefined {
  const why = [kind ?? []].flat().map((name) => {
    const type = name in OWN ? name : kinds[name];
    return type === undefined ? undefined : check(type, steps, name);
  });
  return why.length > 0 && why.every((one) => one !== undefined) ? why[0] : undefined;
}
