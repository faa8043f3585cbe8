import { sayScope } from "#functions/defender/scopes.ts";
import { fault } from "#sdk/errors.ts";
import { type Brake, tellBrakes } from "./brake.ts";
import { type Client, connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { type Format, sayer } from "./print.ts";
import { reasonOf, scopeFrom } from "./words.ts";

export interface DefenderOptions extends Remote {
  readonly reason?: string;
  readonly output: Format;
}

interface State {
  readonly initialised: boolean;
  readonly clusters: readonly string[];
}

/** Whether the defender grants at all; a person's word that it may; a latch that is opened. */
export async function defender(
  context: Context,
  action: "status" | "init" | "reset",
  words: readonly string[],
  options: DefenderOptions,
): Promise<void> {
  const client = await connect(context, options);
  const say = sayer(context, options);
  if (action === "status") {
    const state = await client.get<State>("/v1/defender");
    const { brakes } = await client.get<{ brakes: Brake[] }>("/v1/brake");
    return say({ ...state, brakes }, () => tellState(state, brakes));
  }
  const reason = reasonOf(options);
  if (action === "init") {
    const state = await client.post<State>("/v1/defender/init", { reason });
    return say(state, () => "The journal may be used from here on. Windows begin empty, budgets hold.");
  }
  say(...(await reset(client, words, reason)));
}

async function reset(client: Client, words: readonly string[], reason: string): Promise<[unknown, () => string]> {
  const [budget, scope, ...more] = words;
  if (budget === undefined || scope === undefined || more.length > 0)
    throw fault("words-unclear", {
      text: "reset",
      what: "needs two words",
      wanted: "a budget and a scope: reset per-hour cluster/eu-1",
    });
  const where = scopeFrom(scope);
  const answer = await client.post("/v1/latches/reset", { budget, in: where, reason });
  return [
    answer,
    () =>
      `Budget ${budget} grants again in ${sayScope(where)}, as far as its windows allow: roundsman budgets shows them.`,
  ];
}

function tellState({ initialised, clusters }: State, brakes: readonly Brake[]): string {
  return [
    initialised
      ? "The defender grants what its budgets allow."
      : "The defender grants NOTHING: its journal is new, was not found or has a hole, so every window counts as full.",
    ...(initialised
      ? []
      : [
          "Look what was done lately that it may not know of. If nothing was, or your longest window has passed since:",
          "  roundsman defender init --reason '…'",
        ]),
    clusters.length === 0 ? "It has heard of no cluster yet." : `It has heard of ${clusters.join(", ")}.`,
    tellBrakes(brakes),
  ].join("\n");
}
