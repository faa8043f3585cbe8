import { matchesAny } from "#sdk/resources/glob.ts";
import type { AlertSubscription } from "#sdk/resources/schemas.ts";
import { CANARY, type Finding, SEVERITIES, type Severity } from "#sdk/terms.ts";

/** What a subscription's sink was told last of a finding. */
export interface Told {
  readonly episode: number;
  readonly state: "open" | "resolved";
  readonly severity: Severity;
}

/** One thing to tell. `id` is its idempotency key: a sink that honours it is told nothing twice. */
export interface Notice {
  readonly id: string;
  readonly subscription: string;
  readonly state: "open" | "worse" | "resolved";
  readonly finding: Finding;
}

/** The smaller, the worse. */
const rank = (severity: Severity) => SEVERITIES.indexOf(severity);

export function matches({ spec }: AlertSubscription, finding: Finding): boolean {
  const { severity, owner, case: cases, cluster } = spec.match ?? {};
  // It is told to who names it, and to nobody by the way.
  if (finding.case === CANARY && !cases?.includes(CANARY)) return false;
  return (
    (severity === undefined || rank(finding.severity) <= rank(severity)) &&
    matchesAny(owner, finding.owner) &&
    matchesAny(cases, finding.case) &&
    matchesAny(cluster, finding.cluster)
  );
}

/** Told when it is open, again only when it got worse, and when it is resolved: each once per episode. */
export function decide(subscription: AlertSubscription, finding: Finding, told: Told | undefined): Notice | undefined {
  const { fingerprint, episode, severity } = finding;
  const name = subscription.metadata.name;
  const notice = (state: Notice["state"], id: string): Notice => ({
    id: `${fingerprint}/${episode}/${id}`,
    subscription: name,
    state,
    finding,
  });
  const isThisEpisode = told?.episode === episode;
  if (told && told.episode > episode) return undefined;
  if (finding.state === "resolved")
    return isThisEpisode && told.state === "open" ? notice("resolved", "resolved") : undefined;
  if (!matches(subscription, finding)) return undefined;
  if (!isThisEpisode) return notice("open", "open");
  if (told.state === "open" && rank(severity) < rank(told.severity)) return notice("worse", `worse-${severity}`);
  return undefined;
}

/** What is known after a notice was told. */
export const toldBy = ({ state, finding }: Notice): Told => ({
  episode: finding.episode,
  state: state === "resolved" ? "resolved" : "open",
  severity: finding.severity,
});
