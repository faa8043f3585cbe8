import type { FastifyInstance } from "fastify";
import Type from "typebox";
import type { Log } from "#broker/log/log.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { readLine } from "./read-line.ts";
import { queryOf, said } from "./said.ts";
import type { Stats } from "./stats.ts";
import { type What, WORDS } from "./words.ts";

export interface RemediesApi {
  /** Whose topics `remedies`, `due`, `findings` and `decisions` are what is told. */
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  readonly healer: { stats(): Stats | Promise<Stats> };
}

const closed = { additionalProperties: false } as const;
const glob = Type.String({ minLength: 1, maxLength: 512 });
const beginning = Type.String({ pattern: "^[0-9a-f]{4,64}$", description: "A fingerprint, or its unique beginning." });
const SaidQuerySchema = Type.Object(
  {
    since: Type.Optional(Type.String({ maxLength: 40, description: "RFC 3339, or how long ago, such as 24h." })),
    what: Type.Optional(Type.Unsafe<What>({ type: "string", enum: WORDS.filter((what) => what !== "due") })),
    cluster: Type.Optional(glob),
    target: Type.Optional(glob),
    operation: Type.Optional(glob),
    fingerprint: Type.Optional(beginning),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" })),
    before: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
  },
  closed,
);

/** What was done about what is wrong: the latest, and of one finding from its beginning to its end. */
export function remediesRoutes(app: FastifyInstance, { log, clock, healer }: RemediesApi): void {
  app.get(
    "/v1/remedies",
    {
      schema: {
        summary: "What came of remedies, newest first; `before` of an answer leads to older ones.",
        querystring: SaidQuerySchema,
      },
    },
    async ({ query }) => {
      const { found, before } = await said(log, queryOf(query as Readonly<Record<string, string>>, clock.now()));
      return { remedies: found, before };
    },
  );
  app.get(
    "/v1/remedies/stats",
    {
      schema: {
        summary: "Per case and operation: asked, granted, denied, succeeded, failed, repaired in what time, came back.",
        querystring: Type.Object({}, closed),
      },
    },
    () => healer.stats(),
  );
  app.get(
    "/v1/findings/:fingerprint/history",
    {
      schema: {
        summary:
          "What was done about one: finding, requests, decisions, jobs, outcomes. A node's condition has one too.",
        params: Type.Object({ fingerprint: beginning }, closed),
        querystring: Type.Object({}, closed),
      },
    },
    ({ params }) => readLine(log, (params as { fingerprint: string }).fingerprint),
  );
}
