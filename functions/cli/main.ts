#!/usr/bin/env node
import { isFault, sayError } from "#sdk/errors.ts";
import { EXIT } from "./exit.ts";
import { createProgram } from "./program.ts";

// A reader that went away (`roundsman findings | head`) is no error.
process.stdout.on("error", (e: NodeJS.ErrnoException) => process.exit(e.code === "EPIPE" ? 0 : EXIT.failed));

const program = createProgram({ process, here: new URL(".", import.meta.url) });
try {
  await program.parseAsync(process.argv);
} catch (e) {
  process.stderr.write(`roundsman: ${sayError(e)}\n`);
  if (!isFault(e) && e instanceof Error && process.env.ROUNDSMAN_LOG_LEVEL === "debug")
    process.stderr.write(`${e.stack}\n`);
  process.exitCode = EXIT.failed;
}
// All is done: what was left open must not keep the process.
setTimeout(() => process.exit(), 2_000).unref();
