import type { Finding, Severity, Subject } from "#sdk/terms.ts";
import type { Cluster } from "./cluster.ts";
import type { Obj } from "./objects.ts";
import type { World } from "./world.ts";

/** A finding that a fault must bring about. */
export interface Expected {
  readonly case: string;
  readonly rule?: string;
  readonly severity: Severity;
  /** Without its apiVersion. A function where the cluster makes the name up: asked once the condition is shown. */
  readonly subject: Subject | ((world: World) => Subject);
  /** ms */
  readonly for: number;
  /** Whether the API server shows the condition. */
  readonly shown: (world: World) => boolean;
  /** RFC 3339: where the object itself says when it began. */
  readonly since?: (world: World) => string;
  /** Unix ms: where time alone ends it. */
  readonly until?: (world: World) => number;
}

/** What faults are made on. */
export interface Stage {
  readonly cluster: Cluster;
  readonly world: World;
}

/**
 * Something that goes wrong in a cluster, and right again. What it touches stands in the namespace of its name, or
 * carries its name: so several may stand at once, and each finding is known to be of one of them.
 */
export interface Fault {
  readonly name: string;
  /** What is well until it is made: there before Roundsman starts. */
  readonly objects?: readonly Obj[];
  make(stage: Stage): Promise<unknown>;
  mend(stage: Stage): Promise<unknown>;
  readonly expected: readonly Expected[];
  /** Names and namespaces beyond its own. */
  readonly touches?: readonly string[];
}

/** Whether a finding is about what the fault touched. */
export const isOf = ({ name, touches = [] }: Fault, { subject }: Finding): boolean =>
  [name, ...touches].some((one) => (subject.namespace ?? subject.name) === one) ||
  (subject.namespace === undefined && subject.name.includes(name));

/** A finding in one line, as far as the lane judges it. */
export const line = (f: Pick<Finding, "case" | "rule" | "severity"> & { readonly subject: Subject }): string =>
  [f.case, f.rule ?? "-", f.severity, f.subject.kind, f.subject.namespace ?? "-", f.subject.name].join(" ");

export const condition = (object: any, type: string): any =>
  object?.status?.conditions?.find((one: any) => one.type === type);
