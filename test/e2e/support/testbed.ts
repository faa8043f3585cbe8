import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder of the scripts that bring real clusters up and down. @throws where there is none */
export function clusterScripts(): string {
  const bed = resolve(ROOT, process.env.ROUNDSMAN_TESTBED ?? "../shared");
  const scripts = resolve(bed, "cluster");
  if (!existsSync(resolve(scripts, "up")))
    throw new Error(
      `There is no test bed in ${bed}: the end-to-end lane starts real clusters with its cluster/up. Name its folder in ROUNDSMAN_TESTBED.`,
    );
  return scripts;
}

/** The command line under test. @throws where it was not built */
export function builtCli(): string {
  const cli = resolve(ROOT, process.env.ROUNDSMAN_CLI ?? "dist/cli.js");
  if (!existsSync(cli))
    throw new Error(`${cli} is not there: the end-to-end lane runs what was built. Run: npm run build`);
  return cli;
}
