import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A mistake made on purpose: in this file, this text becomes that. */
export interface Mutant {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Loads a module of ours with a mistake in it. The text must stand exactly once in the file, so that a mutant cannot
 * quietly lose its mistake when the code moves on.
 */
export async function loadMutant<T>(entry: string, mutant: Mutant): Promise<T> {
  const folder = mkdtempSync(join(root, "node_modules/.mutant-"));
  const target = join(root, mutant.file);
  const source = readFileSync(target, "utf8");
  const count = source.split(mutant.find).length - 1;
  if (count !== 1) throw new Error(`mutant "${mutant.name}": its text stands ${count} times in ${mutant.file}`);
  try {
    const outfile = join(folder, "module.mjs");
    await build({
      entryPoints: [join(root, entry)],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "error",
      plugins: [
        {
          name: "mutant",
          setup(esbuild) {
            esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) =>
              path === target ? { contents: source.replace(mutant.find, () => mutant.replace), loader: "ts" } : null,
            );
          },
        },
      ],
    });
    return (await import(pathToFileURL(outfile).href)) as T;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
