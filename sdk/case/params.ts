import { Ajv, type ErrorObject } from "ajv";
import { fault } from "../errors.ts";
import type { Manifest } from "./manifest.ts";
import { nearest } from "./nearest.ts";

/** What ajv found, as `field` and the rest of a sentence. */
export function sayInvalid(error: ErrorObject, known: readonly string[] = []): { field: string; what: string } {
  const field = error.instancePath.replace(/^\//, "").replaceAll("/", ".");
  if (error.keyword === "additionalProperties") {
    const name = String(error.params.additionalProperty);
    return { field: [field, name].filter(Boolean).join("."), what: `is not known${nearest(name, known)}` };
  }
  if (error.keyword === "required")
    return { field: [field, String(error.params.missingProperty)].filter(Boolean).join("."), what: "is missing" };
  if (error.keyword === "pattern" && error.parentSchema?.duration === true)
    return { field, what: 'must be a duration, such as "30s" or "10m"' };
  if (error.keyword === "pattern" && error.parentSchema?.share === true)
    return { field, what: 'must be a share, such as "10%"' };
  if (error.keyword === "enum") return { field, what: `must be one of ${error.params.allowedValues.join(", ")}` };
  if (error.keyword === "const") return { field, what: `must be ${JSON.stringify(error.params.allowedValue)}` };
  return { field, what: error.message ?? "is not valid" };
}

/** An ajv that judges and never repairs. */
export const createAjv = (): Ajv =>
  new Ajv({
    // Schemas are our own, or TypeBox's: checking them against the meta-schema costs 15 times the checking of values.
    meta: false,
    validateSchema: false,
    allErrors: false,
    strict: false,
    verbose: true,
    removeAdditional: false,
    coerceTypes: false,
    useDefaults: false,
  });

/**
 * A case's defaults with what is given over them.
 * @throws params-invalid: names the place and the param
 */
export function resolveParams(
  manifest: Manifest,
  given: Readonly<Record<string, unknown>>,
  where: string,
): Readonly<Record<string, unknown>> {
  const properties: Readonly<Record<string, any>> = manifest.params.properties ?? {};
  const params: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(properties))
    if (schema.default !== undefined) params[name] = schema.default;
  for (const [name, value] of Object.entries(given)) if (value !== undefined) params[name] = value;
  // Nothing given: what the author wrote is not checked again for every cluster.
  if (Object.keys(given).length === 0 && Object.keys(properties).every((name) => name in params))
    return Object.freeze(params);
  const schema = { ...manifest.params, additionalProperties: false };
  const ajv = createAjv();
  if (!ajv.validate(schema, params)) {
    const { field, what } = sayInvalid(ajv.errors![0]!, Object.keys(properties));
    throw fault("params-invalid", { where, field, what });
  }
  return Object.freeze(params);
}
