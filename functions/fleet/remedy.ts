/** The remedy as a function over HTTP: no log, no cluster, no state, no rights but to ask the defender. */
import Type from "typebox";
import { sayDecision } from "#functions/defender/index.ts";
import { defenderAccess, defenderSettings } from "#functions/process/defender-settings.ts";
import { readFlags } from "#functions/process/flags.ts";
import type { Run } from "#functions/process/run.ts";
import { remedyFunction } from "#functions/remedy/function.ts";
import { sayError } from "#sdk/errors.ts";
import { createAskAny } from "#sdk/operation/ask-any.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { Lifecycle, untilSignal } from "#sdk/runtime/lifecycle.ts";
import { createLogger, LOG_LEVELS } from "#sdk/runtime/log-lines.ts";
import { readSettings } from "#sdk/runtime/settings.ts";
import { readCallers } from "#sdk/serve/callers-file.ts";
import { workOf } from "#sdk/serve/function.ts";
import { createFunctionServer } from "#sdk/serve/function-server.ts";
import { servedTls } from "#sdk/serve/served-tls.ts";

const file = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const ms = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 600_000, default: fallback, description });

export const SAYS = "the remedy function: asks the defender about what is due, over HTTP; any number, none at rest";

export const RemedySettings = Type.Object({
  ...defenderSettings,
  address: Type.String({
    ...{ minLength: 1, maxLength: 253, default: "127.0.0.1" },
    description: "where it listens; beyond loopback it needs callers",
  }),
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, description: "also PORT; 0: any" }),
  callers: file("a file of who may call it: NAME PERMISSIONS TOKEN in a line; who sends events needs `send`"),
  tlsCert: file("its certificate, PEM: then it speaks https; with --tls-key"),
  tlsKey: file("the certificate's private key, PEM"),
  requests: Type.Integer({
    ...{ minimum: 1, maximum: 10_000, default: 64 },
    description: "requests at once; more are told to come again",
  }),
  linger: ms(1_000, "ms after SIGTERM in which requests are still taken"),
  grace: ms(20_000, "ms that stopping may take in all"),
  logLevel: Type.Unsafe<(typeof LOG_LEVELS)[number]>({
    ...{ type: "string", enum: [...LOG_LEVELS], default: "warn" },
    description: LOG_LEVELS.join(", "),
  }),
});

/** ms of one request: the defender answers within two seconds, or that is a no. */
const DEADLINE = 10_000;
/** The defender goes by the token: this is what it is called where there is none. */
const ACTOR = "remedy";

/** Serves until it is stopped by a signal. Rejects where it cannot begin. */
export async function runRemedy({ process, argv, version }: Run): Promise<void> {
  const sources = { env: process.env, flags: readFlags(RemedySettings, argv) };
  const settings = readSettings(RemedySettings, sources, { port: "PORT" });
  const logger = createLogger(settings.logLevel);
  const tell = (message: string) => void process.stderr.write(`roundsman: ${message}\n`);
  const { urls, ...access } = await defenderAccess(settings, systemClock);
  const run = remedyFunction({
    clock: systemClock,
    actor: ACTOR,
    decide: createAskAny(urls, access),
    explain: createAskAny(urls, { ...access, explain: true }),
    say: sayDecision,
  });
  const server = createFunctionServer({
    ...{ version, work: workOf(run), deadline: DEADLINE, address: settings.address, most: settings.requests },
    callers: settings.callers === undefined ? undefined : await readCallers(settings.callers),
    tls: await servedTls(settings, tell),
    failed: (e, path) => logger.error({ err: sayError(e.cause ?? e), path }, "a request failed"),
  });
  const listening = {
    name: "the server",
    start: async () => void process.stdout.write(`remedy: ${await server.listen(settings.port)}\n`),
    stop: () => server.drain(settings.linger),
  };
  const lifecycle = new Lifecycle([listening], { grace: settings.grace, warn: tell });
  const stopped = untilSignal(process, lifecycle, () => process.exit(130));
  await Promise.race([lifecycle.start(), stopped]);
  await stopped;
}
