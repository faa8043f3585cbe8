import Type, { type Static } from "typebox";
import { SEVERITIES } from "../terms.ts";
import { closed, duration, globs, oneOf, resource, rules, text } from "./common.ts";

const params = Type.Record(Type.String({ maxLength: 63 }), Type.Unknown());

/** This finding or node condition, lasting so long, on these targets → that operation. */
export const RemedierSchema = resource("Remedier", {
  /** `observe`: say what one would do. */
  strategy: Type.Optional(oneOf(["observe", "act"])),
  match: Type.Object(
    {
      finding: Type.Optional(
        Type.Object(
          {
            case: globs,
            rule: Type.Optional(globs),
            /** This or worse. */
            severity: Type.Optional(oneOf(SEVERITIES)),
          },
          closed,
        ),
      ),
      condition: Type.Optional(
        Type.Object({ type: text, status: Type.Optional(oneOf(["True", "False", "Unknown"])) }, closed),
      ),
      /** It must last so long. Default: at once. */
      for: Type.Optional(duration),
      cluster: Type.Optional(globs),
      pool: Type.Optional(globs),
      namespace: Type.Optional(globs),
      owner: Type.Optional(globs),
    },
    {
      ...closed,
      ...rules(["has(self.finding) != has(self.condition)", "must name a finding or a condition, and not both"]),
    },
  ),
  /** A ladder: each step is due when the fault still stands so long after the one before ended. Then a person. */
  steps: Type.Array(
    Type.Object({ operation: text, params: Type.Optional(params), after: Type.Optional(duration) }, closed),
    {
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
  /** A person is told when the fault still stands so long after the last step ended. Default 10m. */
  escalate: Type.Optional(
    Type.Object(
      { after: Type.Optional(duration), say: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })) },
      closed,
    ),
  ),
  /** The owner's say, by the label or annotation `roundsman.dev/remedy` of the target: `allow`, `veto`, or an operation instead. */
  consent: Type.Optional(
    Type.Object(
      {
        /** How long it is waited for. */
        within: duration,
        /** What holds where nobody said anything by then. */
        otherwise: oneOf(["allow", "veto"]),
      },
      closed,
    ),
  ),
  /** Below this share of successes (of at least five) it only observes. Default "50%". */
  minSuccess: Type.Optional(
    Type.String({
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
