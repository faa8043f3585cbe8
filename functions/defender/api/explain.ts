import type { Log } from "#broker/log/log.ts";
import { fault } from "#sdk/errors.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { OperationRequest, Target } from "#sdk/operation/request.ts";
import { decisionOf, decisions, pathOf, requestOf } from "../audit.ts";
import { tellDecision } from "../tell.ts";
import type { DefenderApi, Located, Routes } from "./options.ts";
import { ExplainBody } from "./schemas.ts";

type Asked = Partial<Omit<OperationRequest, "target">> & {
  readonly decision?: string;
  readonly target?: Omit<Target, "uid"> & { readonly uid?: string };
};

/** What would be said, by which budgets, and what remains. Nothing is spent or written. */
export const explainRoutes: Routes = (app, api) => {
  const { defender, log, clock } = api;
  app.post(
    "/v1/explain",
    { schema: { summary: "What would be said to this request now, and why? Spends nothing.", body: ExplainBody } },
    async ({ body, caller }) => {
      const asked = body as Asked;
      // What is asked whole needs no look at what was asked before.
      if (asked.decision !== undefined || asked.target?.uid === undefined) await defender.told();
      const decided = asked.decision === undefined ? undefined : await decisionNamed(log, asked.decision);
      const now = clock.now();
      const again = decided && (await requestOf(log, decided));
      const request = again
        ? { ...again, due: now, sent: now }
        : await requestFrom(decided ?? asked, api, { actor: caller.name, now });
      const decision = defender.explain(request);
      return {
        ...(decided && { decided, saidThen: tellDecision(decided, decided.time) }),
        decision,
        says: tellDecision(decision, now),
        asked: request,
        standing: defender.standing(request),
      };
    },
  );
};

async function decisionNamed(log: Log, id: string): Promise<Decision> {
  const decided = await decisionOf(log, id);
  if (!decided) throw fault("decision-unknown", { id });
  return decided;
}

const GROUPS: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  ReplicaSet: "apps/v1",
};

/** A request of a few words, filled with what is known of its target. */
async function requestFrom(
  asked: Asked,
  { log, locate }: DefenderApi,
  { actor, now }: { actor: string; now: number },
): Promise<OperationRequest> {
  const { operation, target, cluster } = asked;
  for (const [field, value] of Object.entries({ operation, target, cluster }))
    if (value === undefined) throw fault("request-invalid", { field, what: "is missing: name it, or a `decision`" });
  const known =
    target!.uid === undefined ? (locate?.(cluster!, target!) ?? (await lastPlace(log, cluster!, target!))) : undefined;
  const at = (key: "zone" | "pool" | "owner") => {
    const value = asked[key] ?? known?.[key];
    return value === undefined ? {} : { [key]: value };
  };
  const { apiVersion = GROUPS[target!.kind] ?? "v1" } = target!;
  return {
    id: asked.id ?? `explain-${now}`,
    matter: asked.matter ?? `explain-${now}`,
    operation: operation!,
    ...(asked.params && { params: asked.params }),
    target: { ...target!, uid: target!.uid ?? known?.uid ?? "unknown" },
    cluster: cluster!,
    ...at("zone"),
    ...at("pool"),
    ...at("owner"),
    actor: asked.actor ?? actor,
    depends: asked.depends ?? [`${apiVersion}/${target!.kind}`],
    due: asked.due ?? now,
    sent: asked.sent ?? now,
    reason: "to be explained",
  };
}

/** Where it stood when it was last asked about. */
async function lastPlace(log: Log, cluster: string, target: Omit<Target, "uid">): Promise<Located | undefined> {
  const path = pathOf(target);
  // Names are compared whole: a name may hold what a glob reads as a pattern.
  const { found } = await decisions(log, { cluster, limit: 200 });
  const last = found.find((one) => one.cluster === cluster && pathOf(one.target) === path);
  const request = last && (await requestOf(log, last));
  return request && { uid: request.target.uid, ...placeOf(request) };
}

const placeOf = ({ zone, pool, owner }: OperationRequest): Located => ({
  ...(zone !== undefined && { zone }),
  ...(pool !== undefined && { pool }),
  ...(owner !== undefined && { owner }),
});
