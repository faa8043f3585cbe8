import type { Static, TObject } from "typebox";
import { nearest } from "../case/nearest.ts";
import { createAjv, sayInvalid } from "../case/params.ts";
import { fault } from "../errors.ts";

export type Env = Readonly<Record<string, string | undefined>>;

export interface SettingsSources {
  /** What a file says, parsed; and its name for errors. */
  readonly file?: { readonly name: string; readonly values: unknown };
  readonly env: Env;
  /** What the command line says; undefined = it says nothing. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

const PREFIX = "ROUNDSMAN_";
/** The variable of a setting. */
export const envName = (key: string) => PREFIX + key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase();

/** A variable's text as the value its schema wants. What cannot be read stays text, and the schema refuses it. */
export function fromText(text: string, type: unknown): unknown {
  if (type === "array")
    return text
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
  if ((type === "integer" || type === "number") && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** Few kinds of schema are looked at here. Compiling them costs a start more than all else it does with its settings. */
function isPlainlyRight(properties: Readonly<Record<string, object>>, values: unknown): boolean {
  if (typeof values !== "object" || values === null || Array.isArray(values)) return false;
  return Object.entries(values).every(([key, value]) => {
    const schema = (Object.hasOwn(properties, key) ? properties[key] : undefined) as Record<string, any> | undefined;
    if (schema === undefined || schema.pattern !== undefined || schema.format !== undefined) return false;
    if (schema.enum !== undefined) return schema.enum.includes(value);
    if (schema.type === "integer")
      return Number.isSafeInteger(value) && (value as number) >= schema.minimum && (value as number) <= schema.maximum;
    if (schema.type !== "string" || typeof value !== "string") return false;
    return value.length >= (schema.minLength ?? 0) && value.length <= (schema.maxLength ?? value.length);
  });
}

/**
 * Settings of a process: defaults of the schema, then the file, then `ROUNDSMAN_…` variables (and the ones that are
 * named in `variables`), then flags. Frozen.
 * @throws config-invalid: names the source and the key
 */
export function readSettings<S extends TObject>(
  schema: S,
  { file, env, flags = {} }: SettingsSources,
  variables: Readonly<Record<string, string>> = {},
): Readonly<Static<S>> {
  const properties = schema.properties as Readonly<Record<string, { type?: unknown; default?: unknown }>>;
  const keys = Object.keys(properties);
  const refuse = (where: string, values: unknown, say: (field: string) => string = (field) => field) => {
    if (isPlainlyRight(properties, values)) return;
    const ajv = createAjv();
    if (ajv.validate({ ...schema, required: [], additionalProperties: false }, values)) return;
    const { field, what } = sayInvalid(ajv.errors![0]!, keys);
    throw fault("config-invalid", { where, key: say(field), what });
  };
  const fromEnv: Record<string, unknown> = {};
  const names = new Map<string, string>();
  for (const key of keys) {
    const name = [envName(key), variables[key]].find(
      (one) => one !== undefined && env[one] !== undefined && env[one] !== "",
    );
    if (name === undefined) continue;
    fromEnv[key] = fromText(env[name]!, properties[key]!.type);
    names.set(key, name);
  }
  // A slip in a name of ours; what is nothing like one may be somebody else's. The prefix, which all share, tells nothing.
  const known = keys.map((key) => envName(key).slice(PREFIX.length));
  for (const name of Object.keys(env)) {
    const own = name.slice(PREFIX.length);
    if (!name.startsWith(PREFIX) || known.includes(own)) continue;
    const hint = nearest(own, known).replace('"', `"${PREFIX}`);
    if (hint !== "")
      throw fault("config-invalid", { where: "The environment", key: name, what: `is not known${hint}` });
  }
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  if (file) refuse(file.name, file.values);
  refuse("The environment", fromEnv, (field) => names.get(field.split(".")[0]!) ?? field);
  refuse("The command line", given, (field) => `--${field.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
  const defaults = Object.fromEntries(
    keys.filter((key) => properties[key]!.default !== undefined).map((key) => [key, properties[key]!.default]),
  );
  return Object.freeze({ ...defaults, ...(file?.values as object | undefined), ...fromEnv, ...given }) as Readonly<
    Static<S>
  >;
}
