import Type from "typebox";
import { SCOPES } from "#sdk/operation/decision.ts";
import { moment, name } from "#sdk/operation/request.ts";
import { BOUNDS, DAY, TRUST } from "./config.ts";

const closed = { additionalProperties: false } as const;
const oneOf = (values: readonly string[]) => Type.Unsafe<string>({ type: "string", enum: [...values] });
const percent = Type.Integer({ minimum: 1, maximum: 99 });
const globs = Type.Optional(Type.Array(name, { minItems: 1, maxItems: 100 }));
const operations = Type.Optional(Type.Array(name, { minItems: 1, maxItems: 100, uniqueItems: true }));
const match = Type.Optional(
  Type.Object({ cluster: globs, pool: globs, namespace: globs, owner: globs, actor: globs }, closed),
);
const override = Type.Optional(Type.String({ minLength: 1, maxLength: 256 }));
const window = (least: number) => Type.Integer({ minimum: least, maximum: BOUNDS.window });
/** A count or a share. 100 % would allow everything, so 99 is the most. */
const most = Type.Unsafe<unknown>({
  if: { type: "object" },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word; gives a message for the form that was meant
  then: { type: "object", properties: { percent }, required: ["percent"], additionalProperties: false },
  else: { type: "integer", minimum: 0, maximum: 100_000 },
});

const budget = Type.Object(
  {
    name,
    scope: oneOf(SCOPES),
    operations,
    match,
    limits: Type.Array(Type.Object({ most, per: window(1_000) }, closed), { maxItems: 20 }),
    inFlight: Type.Optional(most),
    healthy: Type.Optional(Type.Object({ atLeast: percent, coolDown: window(0) }, closed)),
    of: Type.Optional(name),
    whenSpent: Type.Optional(oneOf(["throttle", "latch"])),
    override,
  },
  closed,
);

const calendar = Type.Object(
  {
    name,
    kind: oneOf(["freeze", "maintenance"]),
    match,
    operations,
    spans: Type.Array(Type.Object({ from: moment, to: moment }, closed), { maxItems: 10_000 }),
    until: moment,
    override,
  },
  closed,
);

const settings = Type.Object(
  {
    epsilon: Type.Integer({ minimum: 2_000, maximum: BOUNDS.epsilon }),
    notAfter: Type.Integer({ minimum: 1_000, maximum: BOUNDS.notAfter }),
    staleLeases: Type.Object({ percent, atLeast: Type.Integer({ minimum: 1, maximum: DAY }) }, closed),
    dangerous: Type.Array(name, { maxItems: 100, uniqueItems: true }),
  },
  closed,
);

export const ConfigSchema = Type.Object(
  {
    budgets: Type.Array(budget, { maxItems: 1_000 }),
    trust: Type.Array(Type.Object({ match, level: oneOf(TRUST) }, closed), { maxItems: 1_000 }),
    calendars: Type.Array(calendar, { maxItems: 1_000 }),
    settings,
  },
  closed,
);
