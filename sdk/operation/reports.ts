import Type, { type Static } from "typebox";
import { moment, name } from "./request.ts";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0, maximum: 100_000_000 });

/** A watcher's word every 10 s, on topic `clusters`: the cluster is heard of, and how old its views are. */
export const HeartbeatSchema = Type.Object(
  {
    cluster: name,
    /** ms per kind; null = there is no view. */
    ages: Type.Record(Type.String({ maxLength: 512 }), Type.Union([Type.Number({ minimum: 0 }), Type.Null()])),
    /** Node leases: how many there are, how many were not renewed in time. */
    leases: Type.Object({ total: count, stale: count }, closed),
  },
  closed,
);
export type Heartbeat = Static<typeof HeartbeatSchema>;

const sized = ["cluster", "zone", "pool", "namespace"] as const;

/** How large and how healthy the scopes of a cluster are: all of them, when one changes. */
export const SizesSchema = Type.Object(
  {
    cluster: name,
    scopes: Type.Array(
      Type.Object(
        {
          scope: Type.Unsafe<(typeof sized)[number]>({ type: "string", enum: [...sized] }),
          /** The zone's, pool's or namespace's name; empty for the cluster, and for what carries no label. */
          name: Type.String({ maxLength: 512 }),
          /** What is counted, such as `Node`. */
          kind: name,
          total: count,
          healthy: count,
        },
        closed,
      ),
      { maxItems: 20_000 },
    ),
  },
  closed,
);
export type Sizes = Static<typeof SizesSchema>;

/** An executor's word every 10 s, on topic `clusters`: it lives, and what its clock says. */
export const ExecutorClockSchema = Type.Object({ cluster: name, clock: moment }, closed);
export type ExecutorClock = Static<typeof ExecutorClockSchema>;
