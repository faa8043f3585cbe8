import fc from "fast-check";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Mark, StatedProblem, Verdict } from "#sdk/terms.ts";

/** Two instances, one that waits and one that does not; keys that share a problem, as uid keys of one name do. */
export const CLUSTER = "c";
const manifest = { help: "", reads: { pods: { kind: "v1/Pod" } } } as never;
export const INSTANCES = new Map<string, Instance>([
  ["now", { id: "now", case: "x/now", manifest, params: {}, for: 0, clear: 0, strategy: "observe" }],
  ["slow", { id: "slow", case: "x/slow", manifest, params: {}, for: 3_000, clear: 2_000, strategy: "observe" }],
]);
export const instancesOf = (cluster: string) => (cluster === CLUSTER ? INSTANCES : undefined);

export type Step =
  | {
      do: "say";
      instance: string;
      key: string;
      problems: readonly string[];
      severity: boolean;
      since: number | undefined;
    }
  | { do: "fail"; instance: string; key: string }
  | { do: "mark"; unanswered: number; stale: boolean }
  | { do: "wait"; ms: number };

const instance = fc.constantFrom("now", "slow");
const key = fc.constantFrom("k1", "k2", "k3");
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("say" as const),
        instance,
        key,
        problems: fc.subarray(["p", "q"]),
        severity: fc.boolean(),
        since: fc.option(fc.integer({ min: -6, max: 4 }), { nil: undefined, freq: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), instance, key }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("mark" as const),
        unanswered: fc.constantFrom(0, 0, 0, 1_000, 4_000),
        stale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 200, max: 4_000 }) }) },
  ),
  { minLength: 8, maxLength: 60, size: "max" },
);

export type Record = { offset: number; time: number } & ({ verdict: Verdict } | { mark: Mark });

const problem = (instance: string, rule: string, severe: boolean, since: number | undefined): StatedProblem => ({
  // Keys k1 and k2 state one problem between them.
  fingerprint: `${instance}-${rule}`,
  rule,
  severity: severe ? "high" : "low",
  message: rule,
  subject: { kind: "Pod", namespace: "d", name: rule },
  related: [],
  ...(since !== undefined && { since }),
});

/** The records that a watcher and a dispatcher would write for these steps, in order, none lost. */
export function recordsOf(given: readonly Step[]): Record[] {
  const records: Record[] = [];
  let time = 1_000_000;
  let seq = 0;
  for (const step of given) {
    time += 10;
    const at = { offset: records.length + 1, time };
    if (step.do === "wait") time += step.ms;
    else if (step.do === "mark")
      records.push({
        ...at,
        mark: {
          cluster: CLUSTER,
          stamp: { epoch: 1, seq },
          floor: 0,
          ages: { "v1/Pod": step.stale ? 40_000 : 100 },
          unanswered: step.unanswered ? { now: step.unanswered, slow: step.unanswered } : {},
          refused: {},
          leftOut: [],
        },
      });
    else {
      const stamp = { epoch: 1, seq: ++seq };
      const base = {
        id: `1.${seq}`,
        cluster: CLUSTER,
        case: `x/${step.instance}`,
        instance: step.instance,
        key: step.key,
        stamp,
      };
      if (step.do === "fail")
        records.push({
          ...at,
          verdict: { ...base, outcome: "error", problems: [], error: { code: "threw", message: "it threw" } },
        });
      else {
        const problems = step.problems.map((rule) =>
          problem(
            step.instance,
            step.key === "k3" ? `${rule}3` : rule,
            step.severity,
            step.since === undefined ? undefined : time + step.since * 1_000,
          ),
        );
        records.push({ ...at, verdict: { ...base, outcome: problems.length ? "fail" : "pass", problems } });
      }
    }
  }
  return records;
}
