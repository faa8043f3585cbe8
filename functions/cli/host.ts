import { runHost } from "#functions/host/run.ts";
import { type VersionedContext, workerOf } from "./context.ts";
import { hostedModules } from "./modules.ts";

/** Serves cases over HTTP until it is stopped. */
export async function host(
  context: VersionedContext,
  dirs: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { process, version } = context;
  const { modules, broken, dispose } = await hostedModules(context, dirs);
  for (const { message } of broken) process.stderr.write(`roundsman: ${message}\n`);
  try {
    await runHost({ process, flags, modules, worker: workerOf(context), version });
  } finally {
    await dispose();
  }
}
