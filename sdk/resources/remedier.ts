import Type, { type Static } from "typebox";
import { SEVERITIES } from "../terms.ts";
import { about, closed, duration, globs, oneOf, resource, rules, text } from "./common.ts";

const params = Type.Record(Type.String({ maxLength: 63 }), Type.Unknown());

/** This finding or node condition, lasting so long, on these targets → that operation. */
export const RemedierSchema = resource("Remedier", {
  strategy: Type.Optional(about("Default observe: say what one would do.", oneOf(["observe", "act"]))),
  match: Type.Object(
    {
      finding: Type.Optional(
        Type.Object(
          {
            case: globs,
            rule: Type.Optional(globs),
            severity: Type.Optional(about("This or worse.", oneOf(SEVERITIES))),
          },
          closed,
        ),
      ),
      condition: Type.Optional(
        Type.Object({ type: text, status: Type.Optional(oneOf(["True", "False", "Unknown"])) }, closed),
      ),
      for: Type.Optional(about("It must last so long. Default: at once.", duration)),
      cluster: Type.Optional(globs),
      pool: Type.Optional(globs),
      namespace: Type.Optional(globs),
      owner: Type.Optional(globs),
    },
    {
      ...closed,
      description: "What it is for: a finding or a node's condition, on these targets.",
      ...rules(["has(self.finding) != has(self.condition)", "must name a finding or a condition, and not both"]),
    },
  ),
  steps: Type.Array(
    Type.Object({ operation: text, params: Type.Optional(params), after: Type.Optional(duration) }, closed),
    {
      description:
        "A ladder: each step is due when the fault still stands so long after the one before ended. Then a person.",
      minItems: 1,
      maxItems: 10,
      ...rules(
        [
          "self.size() == 0 || !has(self[0].after)",
          "begin with one that has an after; the first step is due at once, and how long a fault must last says spec.match.for",
        ],
        [
          "self.filter(one, !has(one.after)).size() <= 1",
          "have one without an after beside the first: say how long after the step before, such as 10m",
        ],
      ),
    },
  ),
  escalate: Type.Optional(
    Type.Object(
      { after: Type.Optional(duration), say: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })) },
      {
        ...closed,
        description: "A person is told when the fault still stands so long after the last step ended. Default 10m.",
      },
    ),
  ),
  consent: Type.Optional(
    Type.Object(
      {
        within: about("How long it is waited for.", duration),
        otherwise: about("What holds where nobody said anything by then.", oneOf(["allow", "veto"])),
      },
      {
        ...closed,
        description:
          "The owner's say, by the label or annotation roundsman.dev/remedy of the target: allow, veto, delay, or an operation instead.",
      },
    ),
  ),
  minSuccess: Type.Optional(
    Type.String({
      description: 'Below this share of successes (of at least five) it only observes. Default "50%".',
      pattern: "^[0-9]{1,3}%$",
      maxLength: 4,
      share: true,
      ...rules([
        "!self.matches('^[0-9]{1,3}%$') || int(self.replace('%', '')) <= 100",
        "must be a share of at most 100%",
      ]),
    }),
  ),
});
export type Remedier = Static<typeof RemedierSchema>;
