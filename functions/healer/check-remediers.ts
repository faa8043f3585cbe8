import { nearest } from "#sdk/case/nearest.ts";
import { resolveParams } from "#sdk/case/params.ts";
import { fault, isFault } from "#sdk/errors.ts";
import { matchesGlob } from "#sdk/resources/glob.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import { deedOf } from "./course.ts";

/** What is known of an operation. */
export interface OperationInfo {
  readonly name: string;
  /** The schema of its params. */
  readonly params: object;
}

/**
 * Refuses remediers with a mistake, before anything goes by them. @throws config-invalid: names the Remedier and the field
 */
export function checkRemediers(remediers: readonly Remedier[], operations: readonly OperationInfo[]): void {
  for (const one of remediers) checkOne(one, operations);
  for (const [at, one] of remediers.entries())
    for (const other of remediers.slice(0, at)) {
      if (one.spec.strategy !== "act" || other.spec.strategy !== "act" || !doMeet(one, other)) continue;
      const [a, b] = [one, other].map(({ spec }) => deedOf(spec.steps[0]!.operation, spec.steps[0]!.params));
      if (a === b) continue;
      throw refuser(one)(
        "spec.match",
        `can be true of what Remedier ${other.metadata.name} is for too, which begins with ${other.spec.steps[0]!.operation} and not with ${one.spec.steps[0]!.operation}; keep them apart, or let one of them observe`,
      );
    }
}

const refuser =
  ({ metadata }: Remedier) =>
  (key: string, what: string): Error =>
    fault("config-invalid", { where: `Remedier ${metadata.name}`, key, what });

function checkOne(remedier: Remedier, operations: readonly OperationInfo[]): void {
  const refuse = refuser(remedier);
  const { match, steps, minSuccess } = remedier.spec;
  if ((match.finding === undefined) === (match.condition === undefined))
    throw refuse("spec.match", "must name a finding or a condition, and not both");
  if (minSuccess !== undefined && Number(minSuccess.slice(0, -1)) > 100)
    throw refuse("spec.minSuccess", `is ${minSuccess}; a share is at most 100%`);
  if (steps[0]!.after !== undefined)
    throw refuse(
      "spec.steps.0.after",
      "is of no use: the first step is due at once; how long a fault must last says spec.match.for",
    );
  for (const [at, { operation, params = {}, after }] of steps.entries()) {
    const field = `spec.steps.${at}`;
    if (at > 0 && after === undefined)
      throw refuse(`${field}.after`, "is missing: say how long after the step before, such as 10m");
    const known = operations.find(({ name }) => name === operation);
    const names = operations.map(({ name }) => name);
    if (!known)
      throw refuse(
        `${field}.operation`,
        `is "${operation}"; there are ${names.join(", ")}${nearest(operation, names)}`,
      );
    try {
      resolveParams({ params: known.params } as never, params, operation);
    } catch (e) {
      if (!isFault(e, "params-invalid")) throw e;
      throw refuse(`${field}.params.${e.details.field}`, String(e.details.what));
    }
  }
}

/** Whether something may be matched by both. Careful: where two globs might meet, they do. */
function doMeet({ spec: { match: a } }: Remedier, { spec: { match: b } }: Remedier): boolean {
  if (a.condition && b.condition) {
    if (a.condition.type !== b.condition.type) return false;
    if (a.condition.status && b.condition.status && a.condition.status !== b.condition.status) return false;
  } else if (a.finding && b.finding) {
    if (!globsMeet(a.finding.case, b.finding.case) || !globsMeet(a.finding.rule, b.finding.rule)) return false;
  } else return false;
  return (["cluster", "pool", "namespace", "owner"] as const).every((place) => globsMeet(a[place], b[place]));
}

const globsMeet = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a === undefined || b === undefined || a.some((one) => b.some((other) => globMeets(one, other)));

const headOf = (glob: string): string => glob.slice(0, glob.search(/[*?]|$/));

function globMeets(a: string, b: string): boolean {
  const [isGlobA, isGlobB] = [a, b].map((one) => /[*?]/.test(one));
  if (!isGlobA) return isGlobB ? matchesGlob(b, a) : a === b;
  if (!isGlobB) return matchesGlob(a, b);
  return headOf(a).startsWith(headOf(b)) || headOf(b).startsWith(headOf(a));
}
