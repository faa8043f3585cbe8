import { randomUUID } from "node:crypto";
import Type from "typebox";
import { defenderAccess, defenderSettings } from "#functions/process/defender-settings.ts";
import type { Process } from "#functions/process/process.ts";
import { settingsOf } from "#functions/process/settings.ts";
import { createAskStopped } from "#sdk/operation/ask-stopped.ts";
import { textOf } from "#sdk/runtime/text-of.ts";
import { Executor } from "./executor.ts";

const settings = settingsOf({
  ...defenderSettings,
  cluster: Type.Optional(
    Type.String({
      ...{ pattern: "^[A-Za-z0-9]([A-Za-z0-9._:@/-]{0,251}[A-Za-z0-9])?$", maxLength: 253 },
      description: "the cluster's name, the same as its watcher's (default: the context's cluster)",
    }),
  ),
  webhookHosts: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
    maxItems: 100,
    default: [],
    description: "hosts that the operation `webhook` may call, exactly",
  }),
  webhookSecret: Type.Optional(Type.String({ minLength: 1, description: "a file with what webhooks are signed with" })),
});

/** The one process that writes in a cluster. Any number of replicas: a grant is carried out by one of them, once. */
export const process: Process<typeof settings> = {
  name: "executor",
  says: "does in one cluster what was granted, at most once; any number of replicas",
  settings,
  async parts({ log, logger, clock, fatal, cluster: connect, settings }) {
    const connected = connect();
    const { cluster = connected.name, webhookHosts: allowed, webhookSecret } = settings;
    const stopped = createAskStopped(await defenderAccess(settings, clock));
    const secret = webhookSecret === undefined ? undefined : (await textOf(webhookSecret)).trim();
    const executor = new Executor({
      ...{ cluster, client: connected.client, log, logger, clock },
      identity: randomUUID(),
      brake: ({ grant }) => stopped(grant.fence),
      webhooks: { allowed, secret },
    });
    const start = async () => {
      await executor.start();
      executor.done.catch(fatal);
    };
    return { runnables: [{ name: "the executor", start, stop: () => executor.stop() }] };
  },
};
