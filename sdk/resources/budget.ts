import Type, { type Static } from "typebox";
import { SCOPES } from "../operation/decision.ts";
import { closed, duration, globs, oneOf, resource, text } from "./common.ts";

/** `10`, or `"5%"` of the scope's size, rounded down. */
const most = Type.Unsafe<number | string>({
  if: { type: "string" },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word; gives a message for the form that was meant
  then: { type: "string", pattern: "^[0-9]{1,3}%$", share: true },
  else: { type: "integer", minimum: 0, maximum: 100_000 },
});
const share = Type.String({ pattern: "^[0-9]{1,3}%$", share: true });

export const scopeMatch = Type.Object(
  {
    cluster: Type.Optional(globs),
    pool: Type.Optional(globs),
    namespace: Type.Optional(globs),
    owner: Type.Optional(globs),
    actor: Type.Optional(globs),
  },
  closed,
);
const operations = Type.Array(text, { minItems: 1, maxItems: 100, uniqueItems: true });

/** At most so many operations in any window, for each value of a scope. */
export const BudgetSchema = resource("Budget", {
  scope: oneOf(SCOPES),
  /** They share the budget. Default: every operation. */
  operations: Type.Optional(operations),
  match: Type.Optional(scopeMatch),
  limits: Type.Optional(Type.Array(Type.Object({ most, per: duration }, closed), { minItems: 1, maxItems: 20 })),
  /** At most so many under way. */
  inFlight: Type.Optional(most),
  /** Nothing where fewer are healthy, and for so long after. */
  healthy: Type.Optional(Type.Object({ atLeast: share, coolDown: Type.Optional(duration) }, closed)),
  /** What shares are of. Default `Node`; in a namespace `Pod`. */
  of: Type.Optional(text),
  whenSpent: Type.Optional(oneOf(["throttle", "latch"])),
  /** Who may override, for the sentence of a denial. */
  override: Type.Optional(text),
});
export type BudgetResource = Static<typeof BudgetSchema>;

const calendar = Type.Object(
  {
    name: text,
    /** `freeze`: nothing within. `maintenance`: nothing without. */
    kind: oneOf(["freeze", "maintenance"]),
    /** Begins then, and lasts so long. */
    schedule: Type.Optional(Type.String({ minLength: 9, maxLength: 200 })),
    duration: Type.Optional(duration),
    /** Of the schedule. Default UTC. */
    timeZone: Type.Optional(text),
    /** Once each, instead of a schedule. */
    spans: Type.Optional(Type.Array(Type.Object({ from: text, to: text }, closed), { minItems: 1, maxItems: 1_000 })),
    match: Type.Optional(scopeMatch),
    operations: Type.Optional(operations),
    override: Type.Optional(text),
  },
  closed,
);

/** What the defender goes by beside budgets: how far pools are trusted, when nothing is done, what needs a person. */
export const DefenderSchema = resource("Defender", {
  /** The first that matches counts; none = observe. */
  trust: Type.Optional(
    Type.Array(
      Type.Object({ match: Type.Optional(scopeMatch), level: oneOf(["observe", "cordon", "drain", "act"]) }, closed),
      { maxItems: 1_000 },
    ),
  ),
  calendars: Type.Optional(Type.Array(calendar, { maxItems: 200 })),
  /** Operations that need a person's yes. */
  dangerous: Type.Optional(Type.Array(text, { maxItems: 100, uniqueItems: true })),
  /** How long a window's token stays away beyond the window. */
  epsilon: Type.Optional(duration),
  /** How long a grant holds. */
  notAfter: Type.Optional(duration),
  /** Doubt begins at this share of silent nodes, and so many. */
  staleLeases: Type.Optional(Type.Object({ share, atLeast: Type.Integer({ minimum: 1, maximum: 100_000 }) }, closed)),
});
export type DefenderResource = Static<typeof DefenderSchema>;
