/** A custom resource definition, made of the TypeBox schemas that its objects are read by. */
import type { TSchema } from "typebox";

type Schema = Readonly<Record<string, unknown>>;

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description?: string;
  /** Only with `-o wide`. */
  readonly priority?: number;
}

export interface Definition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: "Cluster" | "Namespaced";
  readonly description: string;
  readonly spec: TSchema;
  readonly status: TSchema;
  readonly columns: readonly Column[];
}

const KEPT = [
  ...["type", "description", "enum", "pattern", "format", "minimum", "maximum", "minLength", "maxLength"],
  ...["minItems", "maxItems", "minProperties", "maxProperties", "required"],
  ...["x-kubernetes-validations", "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"],
] as const;

/**
 * What Kubernetes takes as a structural schema: no `const`, no `patternProperties`, and unknown fields are dropped by
 * it rather than refused.
 */
export function structural(schema: TSchema): Schema {
  const from = schema as Readonly<Record<string, any>>;
  const kept: Record<string, unknown> = {};
  for (const key of KEPT) if (from[key] !== undefined) kept[key] = from[key];
  if (from.const !== undefined) Object.assign(kept, { type: typeof from.const, enum: [from.const] });
  // Go's regular expressions write a character's number otherwise.
  if (typeof from.pattern === "string") kept.pattern = from.pattern.replace(/\\u([0-9a-f]{4})/gi, "\\x{$1}");
  if (from.type === "integer") kept.format = "int64";
  // `uniqueItems` is no word of theirs.
  if (from.uniqueItems === true) kept["x-kubernetes-list-type"] = "set";
  if (from.items) kept.items = structural(from.items);
  if (from.properties)
    kept.properties = Object.fromEntries(
      Object.entries(from.properties as Record<string, TSchema>).map(([name, one]) => [name, structural(one)]),
    );
  const [values] = Object.values((from.patternProperties ?? {}) as Record<string, TSchema>);
  if (values) kept.additionalProperties = structural(values);
  if (kept.type === undefined && !kept["x-kubernetes-int-or-string"])
    kept["x-kubernetes-preserve-unknown-fields"] = true;
  return kept;
}

export function crdOf(of: Definition): object {
  const { group, version, kind, plural, shortNames, scope, description, spec, status, columns } = of;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/name": "roundsman" } },
    spec: {
      group,
      scope,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["roundsman"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description,
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec: structural(spec),
                status: structural(status),
              },
            },
          },
        },
      ],
    },
  };
}
