import Type, { type Static } from "typebox";
import { SCOPES, SIZED } from "../operation/decision.ts";
import { about, closed, duration, globs, oneOf, resource, rules, text } from "./common.ts";

/** As a rule of an API server says it: a share of 100 % would hold nothing back. */
const isShare = (of: string) =>
  `${of}.matches('^[0-9]{1,3}%$') && int(${of}.replace('%', '')) >= 1 && int(${of}.replace('%', '')) <= 99`;

/** `10`, or `"5%"` of the scope's size, rounded down. */
const most = Type.Unsafe<number | string>({
  if: { type: "string" },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word; gives a message for the form that was meant
  then: { type: "string", pattern: "^[0-9]{1,3}%$", share: true },
  else: { type: "integer", minimum: 0, maximum: 100_000 },
  "x-kubernetes-int-or-string": true,
  maxLength: 4,
  ...rules([
    `type(self) == int ? self >= 0 && self <= 100000 : type(self) == string && ${isShare("self")}`,
    'must be a count from 0 to 100000, or a share from "1%" to "99%"',
  ]),
});
const share = Type.String({
  pattern: "^[0-9]{1,3}%$",
  maxLength: 4,
  share: true,
  ...rules([isShare("self"), 'must be a share from "1%" to "99%"']),
});

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
export const BudgetSchema = resource(
  "Budget",
  {
    scope: about("What is counted over: each value of it has a count of its own.", oneOf(SCOPES)),
    operations: Type.Optional(about("They share the budget. Default: every operation.", operations)),
    match: Type.Optional(about("Where it holds. Default: everywhere.", scopeMatch)),
    limits: Type.Optional(
      Type.Array(Type.Object({ most, per: duration }, closed), {
        description: "At most so many begun in any window of that length.",
        minItems: 1,
        maxItems: 20,
        ...rules([
          "self.all(one, self.exists_one(other, other.per == one.per))",
          "have a window twice; one of the two never counts",
        ]),
      }),
    ),
    inFlight: Type.Optional(about("At most so many under way.", most)),
    healthy: Type.Optional(
      Type.Object(
        { atLeast: share, coolDown: Type.Optional(duration) },
        { ...closed, description: "Nothing where fewer are healthy, and for so long after." },
      ),
    ),
    of: Type.Optional(about("What shares are of. Default Node; in a namespace Pod.", text)),
    whenSpent: Type.Optional(
      about("Default throttle. latch: nothing until a person resets it.", oneOf(["throttle", "latch"])),
    ),
    override: Type.Optional(about("Who may override, for the sentence of a denial.", text)),
  },
  rules(
    [
      "has(self.limits) || has(self.inFlight) || has(self.healthy)",
      "would allow everything; give it limits, inFlight or healthy",
    ],
    [
      `self.scope in [${SIZED.map((one) => `'${one}'`).join(", ")}] || !has(self.healthy) && !(has(self.inFlight) && type(self.inFlight) == string) && !(has(self.limits) && self.limits.exists(one, type(one.most) == string))`,
      `holds a share (limits.most, inFlight or healthy), but its scope has no size; write counts, or one of the scopes ${SIZED.join(", ")}`,
    ],
  ),
);
export type BudgetResource = Static<typeof BudgetSchema>;

const calendar = Type.Object(
  {
    name: text,
    kind: about("freeze: nothing within. maintenance: nothing without.", oneOf(["freeze", "maintenance"])),
    schedule: Type.Optional(
      Type.String({ minLength: 9, maxLength: 200, description: 'When it begins: five fields, "0 22 * * 1-5".' }),
    ),
    duration: Type.Optional(about("How long each lasts.", duration)),
    timeZone: Type.Optional(about("Of the schedule. Default UTC.", text)),
    spans: Type.Optional(
      Type.Array(Type.Object({ from: text, to: text }, closed), {
        minItems: 1,
        maxItems: 1_000,
        description: "Once each, instead of a schedule: times with their zone, such as 2027-01-31T22:00:00Z.",
      }),
    ),
    match: Type.Optional(scopeMatch),
    operations: Type.Optional(operations),
    override: Type.Optional(text),
  },
  {
    ...closed,
    ...rules(
      ["has(self.schedule) != has(self.spans)", "must have a schedule or spans, and not both"],
      [
        "!has(self.schedule) || has(self.duration)",
        "has a schedule and no duration: say how long each lasts, such as 8h",
      ],
    ),
  },
);

/** What the defender goes by beside budgets: how far pools are trusted, when nothing is done, what needs a person. */
export const DefenderSchema = resource("Defender", {
  trust: Type.Optional(
    Type.Array(
      Type.Object({ match: Type.Optional(scopeMatch), level: oneOf(["observe", "cordon", "drain", "act"]) }, closed),
      { maxItems: 1_000, description: "How far pools are trusted: the first that matches counts; none = observe." },
    ),
  ),
  calendars: Type.Optional(
    Type.Array(calendar, {
      description: "When nothing is done, or only then.",
      maxItems: 200,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    }),
  ),
  dangerous: Type.Optional(
    Type.Array(text, { maxItems: 100, uniqueItems: true, description: "Operations that need a person's yes." }),
  ),
  epsilon: Type.Optional(about("How long a window's token stays away beyond the window.", duration)),
  notAfter: Type.Optional(about("How long a grant holds.", duration)),
  staleLeases: Type.Optional(
    Type.Object(
      { share, atLeast: Type.Integer({ minimum: 1, maximum: 100_000 }) },
      { ...closed, description: "Doubt begins at this share of silent nodes, and so many." },
    ),
  ),
});
export type DefenderResource = Static<typeof DefenderSchema>;
