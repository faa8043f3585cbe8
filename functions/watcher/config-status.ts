/** What is written to the status of a resource: whether it counts, of which generation, and why not. */
import type { Refusal } from "./config-judge.ts";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: "Accepted" | "Invalid" | "Shadowed";
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
}

export interface ConfigStatus {
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
}

const TYPE = "Accepted";
/** An API server takes no more of a condition's. */
const MESSAGE_MOST = 4_096;
export const SHADOWED = "The files that were named with --config configure this too, and count.";

/** The status that it must have; undefined = it has it. `now` is written where the condition turns. `instead`: who was refused because of it. */
export function statusOf(
  has: Partial<ConfigStatus> | undefined,
  generation: number,
  refusal: Refusal | "shadowed" | undefined,
  now: number,
  instead: readonly string[] = [],
): ConfigStatus | undefined {
  const said = sayCondition(refusal, instead);
  const before = has?.conditions?.find(({ type }) => type === TYPE);
  const condition: Condition = {
    type: TYPE,
    ...said,
    observedGeneration: generation,
    lastTransitionTime: before?.status === said.status ? before.lastTransitionTime : isoSeconds(now),
  };
  const isSaid =
    has?.observedGeneration === generation &&
    before !== undefined &&
    (["status", "reason", "message", "observedGeneration"] as const).every((key) => before[key] === condition[key]);
  if (isSaid) return undefined;
  const others = has?.conditions?.filter(({ type }) => type !== TYPE) ?? [];
  return { observedGeneration: generation, conditions: [...others, condition] };
}

function sayCondition(
  refusal: Refusal | "shadowed" | undefined,
  instead: readonly string[],
): Pick<Condition, "status" | "reason" | "message"> {
  const others = instead.length === 0 ? "" : ` Refused because of it: ${instead.join(", ")}.`;
  if (refusal === undefined)
    return { status: "True", reason: "Accepted", message: `It is in force.${others}`.slice(0, MESSAGE_MOST) };
  if (refusal === "shadowed") return { status: "False", reason: "Shadowed", message: SHADOWED };
  const after = refusal.stands ? " What was accepted before stays in force." : " Nothing of it is in force.";
  return {
    status: "False",
    reason: "Invalid",
    message: `${refusal.message.slice(0, MESSAGE_MOST - after.length)}${after}`,
  };
}

const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
