import { inspection, t } from "#sdk";
import { CANARY } from "#sdk/terms.ts";

/**
 * An event of our own that travels the whole way, so that silence is noticed: the watcher puts its row there for one
 * round and takes it away for the next, and the alert hears it raised and resolved. Nobody else is told of it.
 */
export default inspection.each({
  name: CANARY,
  severity: "low",
  reason:
    "Watcher, dispatcher, case host, ledger and alert each may fall silent, and silence looks like a cluster in which all is well. The canary goes their way all the time; where it does not arrive, findings do not either.",
  help: "Nothing: it is raised and resolved by itself. Where the alarm says that it is missing, look which part does not answer: `roundsman_mark_age_seconds`, `roundsman_dispatch_waiting`, `roundsman_notice_tries`.",
  params: t.Object({
    every: t.String({
      default: "30s",
      pattern: "^[1-9][0-9]{0,3}(s|m)$",
      description: "how long a round takes, 1s or more",
    }),
  }),
  of: { kind: "roundsman/Canary", pick: ["sent"] },
  check: ({ sent }) => ({ message: "the canary is under way", evidence: { sent } }),
});
