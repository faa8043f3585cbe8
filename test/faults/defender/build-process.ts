import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Mutant } from "../../property/mutate.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The process under test as one file, with a mistake in it where one is given. */
export async function buildProcess(
  mutant?: Mutant,
  entry = "test/faults/defender/process.ts",
): Promise<{ script: string; remove(): void }> {
  const folder = mkdtempSync(join(root, "node_modules/.defender-"));
  const script = join(folder, "process.mjs");
  const target = mutant && join(root, mutant.file);
  const source = target && readFileSync(target, "utf8");
  if (mutant && source!.split(mutant.find).length !== 2)
    throw new Error(`mutant "${mutant.name}": its text does not stand once in ${mutant.file}`);
  await build({
    entryPoints: [join(root, entry)],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    logLevel: "error",
    plugins: [
      {
        name: "mutant",
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.ts$/ }, ({ path }) =>
            mutant && path === target
              ? { contents: source!.replace(mutant.find, () => mutant.replace), loader: "ts" }
              : null,
          ),
      },
    ],
  });
  return { script, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
