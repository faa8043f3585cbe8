import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { readConfig } from "#broker/config-view.ts";
import type { Log } from "#broker/log/log.ts";
import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { sinceOf } from "#sdk/serve/since.ts";
import { lettersQuery, listLetters, readOne } from "./letters.ts";
import { redeliveryRecord, replay } from "./replay.ts";

export interface LettersApi {
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  /** A new name each time. */
  readonly nonce: () => string;
}

const closed = { additionalProperties: false } as const;
const Query = Type.Object(
  {
    since: Type.Optional(Type.String({ maxLength: 40, description: "RFC 3339, or how long ago, such as 24h." })),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 249 })),
    cause: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "A glob of the cause's code." })),
    all: Type.Optional(Type.String({ pattern: "^(true|false)$", description: "Also those that were replayed." })),
    limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" })),
    before: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
  },
  closed,
);
const Params = Type.Object({ letter: Type.String({ pattern: "^[0-9]{1,15}$" }) }, closed);
const none = Type.Object({}, closed);
const RedeliverBody = Type.Object(
  {
    since: Type.String({ minLength: 1, maxLength: 40, description: "RFC 3339, or how long ago, such as 2h." }),
    fingerprint: Type.Optional(Type.String({ pattern: "^[0-9a-f]{4,64}$", description: "Only this finding." })),
  },
  closed,
);

/** What was set aside: listed, shown, evaluated now; and notices that a sink is told again. */
export function lettersRoutes(app: FastifyInstance, { log, clock, nonce }: LettersApi): void {
  app.get(
    "/v1/dead-letters",
    {
      schema: {
        summary: "Records that were set aside, newest first; `before` of an answer leads to older ones.",
        querystring: Query,
      },
    },
    ({ query }) => listLetters(log, lettersQuery(query as Readonly<Record<string, string>>, clock.now())),
  );
  app.get(
    "/v1/dead-letters/:letter",
    { schema: { summary: "One, with the record as it was.", params: Params, querystring: none } },
    ({ params }) => readOne(log, Number((params as { letter: string }).letter)),
  );
  app.post(
    "/v1/dead-letters/:letter/replay",
    {
      schema: {
        summary:
          "Evaluates it now: a check is made anew by the watcher, a notice told again, any other record appended as it was.",
        params: Params,
      },
      config: { permission: "replay" },
    },
    async ({ params, caller }) => {
      const letter = await readOne(log, Number((params as { letter: string }).letter));
      const { did } = await replay(log, letter, caller.name, nonce());
      return { letter: letter.letter, did };
    },
  );
  app.post(
    "/v1/alerts/:subscription/redeliver",
    {
      schema: {
        summary: "Tells a subscription's sink again what it was told of findings since then, under the same ids.",
        params: Type.Object({ subscription: Type.String({ minLength: 1, maxLength: 253 }) }, closed),
        body: RedeliverBody,
      },
      config: { permission: "replay" },
    },
    async ({ params, body, caller }) => {
      const { subscription } = params as { subscription: string };
      const { since, fingerprint } = body as { since: string; fingerprint?: string };
      const known = (await readConfig(log))?.subscriptions.map(({ metadata }) => metadata.name) ?? [];
      if (!known.includes(subscription))
        throw fault("subscription-unknown", { subscription, known: known.join(", ") || "none" });
      const from = sinceOf(since, clock.now());
      const only = fingerprint !== undefined && { fingerprint };
      await log.append([redeliveryRecord({ subscription, since: from, ...only, by: caller.name }, nonce())]);
      return { subscription, since: new Date(from).toISOString() };
    },
  );
}
