import { fault } from "../errors.ts";
import { SEVERITIES, type Severity } from "../terms.ts";
import { type DurationOrParam, isDuration } from "./duration.ts";
import { CASE, type Inspection } from "./inspection.ts";
import { checkReads } from "./manifest-reads.ts";
import { nearest } from "./nearest.ts";
import type { Probe } from "./probe.ts";
import type { Read } from "./read.ts";
import type { TObject } from "./schema.ts";

export type Case = Inspection | Probe;

/** What a case declares, as frozen JSON. The watcher compiles reads from it and never loads a case's code. */
export interface Manifest {
  readonly name: string;
  /** Of the case: changes when its code does. */
  readonly version: string;
  readonly kind: "inspection" | "probe";
  readonly severity: Severity;
  readonly owner?: string;
  readonly reason?: string;
  readonly help: string;
  readonly for?: DurationOrParam;
  readonly clear?: DurationOrParam;
  /** JSON Schema of an object. */
  readonly params: TObject;
  readonly reads: Readonly<Record<string, Read>>;
  readonly each: boolean;
  readonly timeout?: string;
  readonly needs?: readonly string[];
  readonly after?: number;
}

const COMMON = ["name", "severity", "owner", "reason", "help", "params"];
const OPTIONS = {
  inspection: [...COMMON, "for", "clear", "scope", "reads", "each", "check"],
  probe: [...COMMON, "timeout", "needs", "after", "run"],
} as const;
const NAME = /^[a-z0-9][a-z0-9-]{0,60}\/[a-z0-9][a-z0-9-]{0,60}$/;
const EMPTY: TObject = { type: "object", properties: {}, required: [] } as unknown as TObject;

export const isCase = (value: unknown): value is Case =>
  typeof value === "object" &&
  value !== null &&
  ((value as any)[CASE] === "inspection" || (value as any)[CASE] === "probe");

const freeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
};

/**
 * Reads a definition that tsc may not have seen. `file` names the place in errors.
 * @throws case-invalid, path-invalid, duration-invalid: with file, field and fix
 */
export function manifestOf(definition: unknown, file: string, version: string): Manifest {
  const bad = (field: string, what: string) => fault("case-invalid", { where: file, field, what });
  if (!isCase(definition))
    throw bad("its default export", "is no case; export default inspection({ … }) or probe({ … })");
  const kind = definition[CASE];
  const known: readonly string[] = OPTIONS[kind];
  for (const option of Object.keys(definition))
    if (!known.includes(option))
      throw bad(option, `is no option of ${kind === "probe" ? "a probe" : "an inspection"}${nearest(option, known)}`);
  const { name, severity, owner, reason, help } = definition;
  if (typeof name !== "string" || !NAME.test(name))
    throw bad("name", `is ${JSON.stringify(name)}; write group/kebab-case, such as "network/duplicate-pod-ip"`);
  if (!SEVERITIES.includes(severity))
    throw bad("severity", `is ${JSON.stringify(severity)}; write one of ${SEVERITIES.join(", ")}`);
  for (const [field, value] of Object.entries({ owner, reason, help }))
    if (value !== undefined && typeof value !== "string") throw bad(field, "must be a string");
  const params = definition.params ?? EMPTY;
  if ((params as any).type !== "object" || typeof (params as any).properties !== "object")
    throw bad("params", "must be a schema made with t.Object({ … })");
  const head = {
    name,
    version,
    kind,
    severity,
    ...(owner !== undefined && { owner }),
    ...(reason !== undefined && { reason }),
    help: help ?? "",
    params: JSON.parse(JSON.stringify(params)) as TObject,
  };
  if (kind === "probe") {
    const probe = definition as Probe;
    if (typeof probe.run !== "function") throw bad("run", "must be a function");
    if (!isDuration(probe.timeout)) throw bad("timeout", 'must be a duration, such as "10s"');
    const { timeout, needs, after } = probe;
    return freeze({ ...head, reads: {}, each: false, timeout, ...(needs && { needs }), ...(after && { after }) });
  }
  const inspection = definition as Inspection;
  if (typeof inspection.check !== "function") throw bad("check", "must be a function");
  if (inspection.scope === "fleet")
    throw bad(
      "scope",
      'is "fleet", which is reserved until tables span clusters; leave it out to look at each cluster by itself',
    );
  for (const field of ["for", "clear"] as const) {
    const value = inspection[field];
    if (value === undefined || isDuration(value)) continue;
    const param = typeof value === "string" && value.startsWith("$") ? value.slice(1) : undefined;
    if (param === undefined)
      throw bad(field, `is ${JSON.stringify(value)}; write a duration such as "30s", or "$param"`);
    if (!(param in (params as any).properties)) throw bad(field, `names "$${param}", which params does not declare`);
  }
  checkReads(inspection.reads, inspection.each, params, bad);
  return freeze({
    ...head,
    ...(inspection.for !== undefined && { for: inspection.for }),
    ...(inspection.clear !== undefined && { clear: inspection.clear }),
    reads: JSON.parse(JSON.stringify(inspection.reads)),
    each: inspection.each,
  });
}
