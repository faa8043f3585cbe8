import { sayMoment } from "#functions/defender/explain.ts";
import { sayScope } from "#functions/defender/scopes.ts";
import type { Decision, ScopeOf } from "#sdk/operation/decision.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { saySubject } from "./findings-table.ts";
import { type Format, print, table } from "./print.ts";

export interface AuditOptions extends Remote {
  readonly since?: string;
  readonly outcome?: string;
  readonly cluster?: string;
  readonly target?: string;
  readonly actor?: string;
  readonly operation?: string;
  readonly limit?: string;
  readonly before?: string;
  readonly acts?: boolean;
  readonly output: Format;
}

interface Page {
  readonly before?: number;
}
interface Act {
  readonly kind: string;
  readonly by: string;
  readonly reason?: string;
  readonly time: number;
  readonly in?: ScopeOf;
  readonly brake?: number;
  readonly budget?: string;
  readonly matter?: string;
  readonly operation?: string;
}

const FILTERS = ["since", "outcome", "cluster", "target", "actor", "operation", "limit", "before"] as const;

/** What was decided, or what people did; newest first. */
export async function audit(context: Context, options: AuditOptions): Promise<void> {
  const client = await connect(context, options);
  const query = new URLSearchParams();
  for (const key of FILTERS) if (options[key] !== undefined) query.set(key, options[key]);
  const path = `/v1/audit${options.acts ? "/acts" : ""}?${query}`;
  const answer = await client.get<Page & { decisions?: Decision[]; acts?: Act[] }>(path);
  const people = () => {
    const rows = options.acts ? (answer.acts ?? []).map(rowOfAct) : (answer.decisions ?? []).map(rowOf);
    if (rows.length === 0) return options.acts ? "Nobody did anything." : "Nothing was decided.";
    const more = answer.before === undefined ? "" : `\n\nOlder: --before ${answer.before}`;
    return table(options.acts ? ACTS : DECISIONS, rows) + more;
  };
  context.process.stdout.write(print(options.output, answer, people));
}

const DECISIONS = ["TIME", "OUTCOME", "OPERATION", "TARGET", "CLUSTER", "ACTOR", "ID", "WHY NOT"];
const ACTS = ["TIME", "WHAT", "WHERE", "BY", "REASON"];

const why = ({ reasons }: Decision): string =>
  [...new Set(reasons.map(({ code, budget }) => (budget === undefined ? code : `${code} ${budget}`)))].join(", ");

const rowOf = (decision: Decision): string[] => {
  const { time, outcome, operation, target, cluster, actor, id } = decision;
  return [
    sayMoment(time),
    outcome,
    operation,
    saySubject(target),
    cluster,
    actor,
    id.slice(0, 12),
    why(decision) || "-",
  ];
};

function whereOf({ kind, in: scope, brake, budget, matter, operation }: Act): string {
  if (kind === "approve") return `${operation} of matter ${matter}`;
  return (
    [budget, scope && sayScope(scope), brake === undefined ? undefined : `(brake ${brake})`]
      .filter(Boolean)
      .join(" ") || "-"
  );
}

const rowOfAct = (act: Act): string[] => [sayMoment(act.time), act.kind, whereOf(act), act.by, act.reason ?? "-"];
