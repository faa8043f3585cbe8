import { sayScope } from "#functions/defender/scopes.ts";
import { fault } from "#sdk/errors.ts";
import type { ScopeOf } from "#sdk/operation/decision.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { ago, type Format, sayer, table } from "./print.ts";
import { reasonOf, scopeFrom } from "./words.ts";

export interface BrakeOptions extends Remote {
  readonly reason?: string;
  readonly output: Format;
}

export interface Brake {
  readonly number: number;
  readonly in: ScopeOf;
  readonly by: string;
  readonly reason: string;
  readonly since: number;
}
interface Brakes {
  readonly brakes: readonly Brake[];
  readonly clusters: readonly string[];
}

/** Says what it pulls, by which number it is let go, and what is on. */
export async function brake(
  context: Context,
  action: "status" | "on" | "release",
  what: string | undefined,
  options: BrakeOptions,
): Promise<void> {
  const client = await connect(context, options);
  const say = sayer(context, options);
  if (action === "status") {
    const answer = await client.get<Brakes>("/v1/brake");
    return say(answer, () => tellBrakes(answer.brakes));
  }
  const reason = reasonOf(options);
  if (action === "on") {
    const where = scopeFrom(what ?? "fleet");
    const answer = await client.post<Brakes & { number: number }>("/v1/brake", { in: where, reason });
    return say(answer, () => tellPulled(answer.number, where, answer));
  }
  if (what === undefined || !/^\d{1,15}$/.test(what))
    throw fault("words-unclear", {
      text: what ?? "release",
      what: "names no brake",
      wanted: "its number, which `roundsman brake status` tells",
    });
  const answer = await client.post<Brakes & { released: Brake }>("/v1/brake/release", { number: Number(what), reason });
  say(
    answer,
    () => `The brake ${what} is released for ${sayScope(answer.released.in)}.\n\n${tellBrakes(answer.brakes)}`,
  );
}

function tellPulled(number: number, where: ScopeOf, { brakes, clusters }: Brakes): string {
  const [cluster] = where.names;
  const isOfCluster = !["fleet", "owner", "actor"].includes(where.scope);
  const warning =
    isOfCluster && !clusters.includes(cluster!)
      ? `\nCareful: nothing was ever heard of a cluster ${cluster}; known are ${clusters.join(", ") || "none"}. Is the name right?`
      : "";
  return [
    `The brake is on for ${sayScope(where)}: nothing is granted there.${warning}`,
    "What runs already stops at its next step. What was granted and not begun is not begun.",
    `To let go, when it is safe: roundsman brake release ${number} --reason '…'`,
    ...(brakes.length > 1 ? ["", tellBrakes(brakes)] : []),
  ].join("\n");
}

export function tellBrakes(brakes: readonly Brake[]): string {
  if (brakes.length === 0) return "No brake is on.";
  const rows = brakes.map(({ number, in: where, by, since, reason }) => [
    String(number),
    sayScope(where),
    by,
    ago(new Date(since).toISOString(), Date.now()),
    reason,
  ]);
  const head =
    brakes.length === 1
      ? "A brake is on: nothing is granted there."
      : `${brakes.length} brakes are on: nothing is granted there.`;
  return `${head}\n\n${table(["NUMBER", "WHERE", "BY", "SINCE", "REASON"], rows)}\n\nTo let go: roundsman brake release NUMBER --reason '…'`;
}
