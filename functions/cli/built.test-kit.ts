import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { VersionedContext } from "./context.ts";
import { type FakeProcess, fakeProcess } from "./process.test-kit.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The package's own modules as they are now, whatever dist/ holds, in a folder that goes with `remove`. */
export interface Built {
  readonly dir: string;
  /** A folder below it, where commands are run. */
  readonly cwd: string;
  context(given?: Parameters<typeof fakeProcess>[0]): FakeProcess & { readonly context: VersionedContext };
  write(files: Readonly<Record<string, string>>): void;
  remove(): void;
}

export async function buildForTests(): Promise<Built> {
  const dir = mkdtempSync(join(tmpdir(), "roundsman-cli-test-"));
  await build({
    absWorkingDir: root,
    entryPoints: {
      "case-worker": "sdk/serve/worker.ts",
      probes: "probes/index.ts",
      sdk: "sdk/index.ts",
      testing: "sdk/testing/index.ts",
    },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outdir: join(dir, "dist"),
    logLevel: "warning",
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const cwd = join(dir, "work");
  mkdirSync(cwd);
  cpSync(join(root, "package.json"), join(dir, "package.json"));
  return {
    dir,
    cwd,
    context(given = {}) {
      const fake = fakeProcess({ cwd, ...given });
      return { ...fake, context: { process: fake.process, here: pathToFileURL(`${dir}/dist/`), version: "0.1.0" } };
    },
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(cwd, name)), { recursive: true });
        writeFileSync(join(cwd, name), text);
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
