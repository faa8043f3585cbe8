import { nearest } from "../case/nearest.ts";
import { createAjv, sayInvalid } from "../case/params.ts";
import { fault } from "../errors.ts";
import { API_VERSION, type Resource, SCHEMAS } from "./schemas.ts";

/** Reads resources: each is what its schema says, or refused with a sentence that names the place and the field. */
export function createResourceReader(): (value: unknown, where: string) => Resource {
  const ajv = createAjv();
  const validators = Object.fromEntries(Object.entries(SCHEMAS).map(([kind, schema]) => [kind, ajv.compile(schema)]));
  return (value, where) => {
    const bad = (key: string, what: string) => fault("config-invalid", { where, key, what });
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad("the document", "is no object");
    const { apiVersion, kind } = value as Record<string, unknown>;
    if (apiVersion !== API_VERSION) throw bad("apiVersion", `is ${JSON.stringify(apiVersion)}; write ${API_VERSION}`);
    const validate = Object.hasOwn(validators, String(kind)) ? validators[String(kind)] : undefined;
    const kinds = Object.keys(SCHEMAS);
    if (!validate)
      throw bad(
        "kind",
        `is ${JSON.stringify(kind)}; known here are ${kinds.join(", ")}${nearest(String(kind), kinds)}`,
      );
    if (!validate(value)) {
      const error = validate.errors!.findLast(({ keyword }) => keyword !== "if")!;
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      const { field, what } = sayInvalid(error, known);
      throw bad(field || "the document", what);
    }
    return value as Resource;
  };
}
