import { durationMs } from "#sdk/case/duration.ts";
import type { Ailment } from "#sdk/operation/remedy.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";

interface Asked {
  readonly spec: Remedier["spec"];
  readonly ailment: Ailment;
  readonly now: number;
  readonly wanted: Remedier["spec"]["steps"][number];
  /** Names of all operations. */
  readonly operations: ReadonlySet<string>;
}

/** What may be done, or why not yet; `at` = when it is decided without a word. */
export type Consent =
  | { readonly operation: string; readonly params: Readonly<Record<string, unknown>> }
  | { readonly why: string; readonly at?: number };

const MARK = "roundsman.dev/remedy";

/**
 * The owner's say, as the target carries it: `allow`, `veto`, `delay`, or an operation that is done instead. A veto counts
 * whether the remedier asks for consent or not; without a word the remedier's default holds once its time is up.
 */
export function askConsent({ spec, ailment, now, wanted, operations }: Asked): Consent {
  const { operation, params = {} } = wanted;
  const word = ailment.remedy;
  const allowed = { operation, params };
  if (word === "allow") return allowed;
  if (word === "veto") return { why: `its owner said veto (${MARK})` };
  if (word === "delay") return { why: `its owner said delay (${MARK}): it goes on when that is taken away` };
  if (word !== undefined && word !== "")
    return operations.has(word)
      ? { operation: word, params: word === operation ? params : {} }
      : { why: `its owner said "${word}" (${MARK}), which is neither allow, veto, delay nor an operation` };
  if (!spec.consent) return allowed;
  const { within, otherwise } = spec.consent;
  const at = ailment.since + durationMs(spec.match.for ?? "0s", "for") + durationMs(within, "within");
  if (now < at) return { why: `waits for its owner's word (${MARK}), and takes ${otherwise} without one`, at };
  return otherwise === "allow"
    ? allowed
    : { why: `its owner said nothing (${MARK}) in time, and that means veto here` };
}
