import { untilSignal } from "#sdk/runtime/lifecycle.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { readSettings } from "#sdk/runtime/settings.ts";
import { readCallers } from "#sdk/serve/callers-file.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";
import { servedTls } from "#sdk/serve/served-tls.ts";

import { createHost } from "./host.ts";
import { HOST_VARIABLES, HostSettings } from "./settings.ts";

export interface HostRun {
  readonly process: NodeJS.Process;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly modules: readonly CaseModule[];
  readonly worker: URL;
  readonly version: string;
}

/** Serves cases until it is stopped by a signal. Rejects where it cannot begin. */
export async function runHost({ process, flags, modules, worker, version }: HostRun): Promise<void> {
  const settings = readSettings(HostSettings, { env: process.env, flags }, HOST_VARIABLES);
  const logger = createLogger(settings.logLevel);
  const tell = (message: string) => void process.stderr.write(`roundsman: ${message}\n`);
  const host = createHost({
    ...{ settings, modules, worker, version, logger },
    callers: settings.callers === undefined ? undefined : await readCallers(settings.callers),
    tls: await servedTls(settings, tell),
    tell,
    listening: (url) => void process.stdout.write(`Cases: ${url}/v1/cases\n`),
  });
  const stopped = untilSignal(process, host, () => process.exit(130));
  // Told to stop while it starts, it stops.
  await Promise.race([host.start(), stopped]);
  await stopped;
}
