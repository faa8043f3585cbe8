import { parseJson } from "#sdk/event/json.ts";
import type { CasePool } from "#sdk/serve/pool.ts";
import type { Verdict } from "#sdk/terms.ts";
import { inScope, type NamespaceScope } from "./scope.ts";

type Pool = Pick<CasePool, "evaluate">;

/**
 * Leaves out problems of namespaces that are not asked for. Their objects are read all the same: without them, what
 * points at them (a volume, a webhook) would seem to dangle.
 */
export function scopedPool(pool: Pool, scope: NamespaceScope): Pool {
  if (scope.namespace === undefined && scope.excludeNamespace === undefined) return pool;
  return {
    evaluate: async (batch) =>
      (await pool.evaluate(batch)).map((answer) => {
        if ("error" in answer) return answer;
        const verdict = parseJson(answer.verdict) as Verdict;
        const problems = verdict.problems.filter((problem) => inScope(scope, problem));
        if (problems.length === verdict.problems.length) return answer;
        const outcome = problems.length === 0 && verdict.outcome !== "error" ? "pass" : verdict.outcome;
        return { id: answer.id, verdict: JSON.stringify({ ...verdict, outcome, problems }) };
      }),
  };
}
