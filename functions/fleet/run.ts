import { describeSettings } from "#functions/process/flags.ts";
import type { Process } from "#functions/process/process.ts";
import { type Run, runProcess } from "#functions/process/run.ts";
import { nearest } from "#sdk/case/nearest.ts";
import { fault } from "#sdk/errors.ts";
import { PROCESSES } from "./processes.ts";

/** It is no process on the log: a function, that rests at nothing. */
const REMEDY = "remedy";

/** `NAME [flags]`: runs that process; `--help` says what it is and can be told. Rejects with `config-invalid`. */
export async function runNamed({ process, argv, version }: Run): Promise<void> {
  const [name = "--help", ...flags] = argv;
  const names = [...Object.keys(PROCESSES), REMEDY];
  if (name === "--help") return void process.stdout.write(`Processes: ${names.join(", ")}. NAME --help says more.\n`);
  if (name === REMEDY) {
    const { runRemedy, RemedySettings, SAYS } = await import("./remedy.ts");
    if (flags.includes("--help"))
      return void process.stdout.write(`${REMEDY}: ${SAYS}\n\n${describeSettings(RemedySettings)}`);
    return runRemedy({ process, argv: flags, version });
  }
  if (!Object.hasOwn(PROCESSES, name)) {
    const what = `is no process${nearest(name, names)}; there are ${names.join(", ")}`;
    throw fault("config-invalid", { where: "The command line", key: name, what });
  }
  const { process: kind } = (await PROCESSES[name as keyof typeof PROCESSES]()) as unknown as { process: Process };
  if (flags.includes("--help"))
    return void process.stdout.write(`${kind.name}: ${kind.says}\n\n${describeSettings(kind.settings)}`);
  await runProcess(kind, { process, argv: flags, version });
}
