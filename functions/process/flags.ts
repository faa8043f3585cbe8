import { parseArgs } from "node:util";
import type { TObject } from "typebox";
import { nearest } from "#sdk/case/nearest.ts";
import { fault } from "#sdk/errors.ts";
import { envName, fromText } from "#sdk/runtime/settings.ts";

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

const flagOf = (key: string) => key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
const propertiesOf = ({ properties }: TObject) => properties as Readonly<Record<string, Property>>;

/**
 * What a command line says of settings: `--kafka-brokers a:9092,b:9092`, a list also by giving the flag again, a boolean
 * also as `--no-…`. Values are judged by the schema, later. Throws `config-invalid` where a flag is not known.
 */
export function readFlags(schema: TObject, argv: readonly string[]): Record<string, unknown> {
  const properties = propertiesOf(schema);
  const keys = new Map(Object.keys(properties).map((key) => [flagOf(key), key]));
  const options = Object.fromEntries(
    [...keys].map(([flag, key]) => {
      const { type } = properties[key]!;
      return [flag, type === "boolean" ? { type: "boolean" as const } : { type: "string" as const, multiple: true }];
    }),
  );
  for (const word of argv) {
    const flag = /^--(?:no-)?([^=]*)/.exec(word)?.[1];
    if (flag === undefined || keys.has(flag) || keys.has(/^--([^=]*)/.exec(word)![1]!)) continue;
    const what = `is not known${nearest(flag, [...keys.keys()]).replace('"', '"--')}`;
    throw fault("config-invalid", { where: "The command line", key: `--${flag}`, what });
  }
  const { values } = parse(options, argv);
  return Object.fromEntries(
    Object.entries(values).map(([flag, value]) => {
      const key = keys.get(flag)!;
      const { type } = properties[key]!;
      if (!Array.isArray(value)) return [key, value];
      return [key, fromText(type === "array" ? value.join(",") : String(value.at(-1)), type)];
    }),
  );
}

function parse(options: NonNullable<Parameters<typeof parseArgs>[0]>["options"], argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowNegative: true });
  } catch (e) {
    const what = (e as Error).message.replace(/\.$/, "");
    throw fault("config-invalid", { where: "The command line", key: "it", what: `cannot be read: ${what}` }, e);
  }
}

/** A line per setting: flag, variable, what it says, default. */
export function describeSettings(schema: TObject): string {
  const rows = Object.entries(propertiesOf(schema)).map(([key, { description = "", default: fallback }]) => ({
    flag: `--${flagOf(key)}`,
    variable: envName(key),
    says: fallback === undefined ? description : `${description} (default: ${String(fallback)})`,
  }));
  const width = (of: "flag" | "variable") => Math.max(...rows.map((row) => row[of].length)) + 2;
  const [first, second] = [width("flag"), width("variable")];
  return rows.map(({ flag, variable, says }) => `  ${flag.padEnd(first)}${variable.padEnd(second)}${says}\n`).join("");
}
