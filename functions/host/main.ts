/** A host as a process: `host.js [DIR…]`, folders of bundled cases; without one those that come with Roundsman. */
import { readFileSync } from "node:fs";
import { sayError } from "#sdk/errors.ts";
import { bundledModules } from "./modules.ts";
import { runHost } from "./run.ts";

const at = (path: string) => new URL(path, import.meta.url);
const version = /"version": "([^"]+)"/.exec(readFileSync(at("../../package.json"), "utf8"))![1]!;
const dirs = process.argv.slice(2);
try {
  const shipped = { url: at("probes.js").href, file: "roundsman", version };
  const modules = dirs.length > 0 ? await bundledModules(dirs) : [shipped];
  await runHost({ process, flags: {}, modules, worker: at("case-worker.js"), version });
} catch (e) {
  process.stderr.write(`roundsman: ${sayError(e)}\n`);
  process.exitCode = 2;
}
// All is done: what was left open must not keep the process.
setTimeout(() => process.exit(), 2_000).unref();
