import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "#sdk/errors.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import { type Context, sdkOf, testingOf } from "./context.ts";
import { EXIT } from "./exit.ts";

const IS_TEST = /\.test\.[mc]?[tj]s$/;

async function testsIn(dir: string): Promise<string[]> {
  if (!(await stat(dir)).isDirectory()) return [dir];
  const found: string[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
      found.push(...(await testsIn(join(dir, entry.name))));
    if (entry.isFile() && IS_TEST.test(entry.name)) found.push(join(dir, entry.name));
  }
  return found.sort();
}

/** Bundles tests in TypeScript and runs them with Node's own runner. Exit code: 0 all pass, 1 some fail, 2 they cannot run. */
export async function test(context: Context, dir: string): Promise<void> {
  const { process } = context;
  const root = resolve(process.cwd(), dir);
  let files: string[];
  try {
    files = await testsIn(root);
  } catch (e) {
    throw fault("tests-missing", { dir, what: sayFileError(e) }, e);
  }
  if (files.length === 0)
    throw fault("tests-missing", { dir, what: "it holds no test; files that end in .test.ts are run" });
  // Beside the tests, so that the packages they import are found.
  const out = await mkdtemp(join((await stat(root)).isDirectory() ? root : resolve(root, ".."), ".roundsman-test-"));
  const remove = () => rm(out, { recursive: true, force: true });
  process.once("SIGINT", () => void remove().finally(() => process.exit(130)));
  try {
    const { build } = await import("esbuild");
    await build({
      entryPoints: Object.fromEntries(files.map((file) => [relative(root, file).replace(/\.[mc]?[tj]s$/, ""), file])),
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
      logLevel: "error",
      outdir: out,
      outExtension: { ".js": ".mjs" },
      alias: { roundsman: fileURLToPath(sdkOf(context)), "roundsman/testing": fileURLToPath(testingOf(context)) },
      external: ["vitest", "jest"],
    });
    const bundles = files.map((file) => join(out, relative(root, file).replace(/\.[mc]?[tj]s$/, ".mjs")));
    const child = spawn(process.execPath, ["--enable-source-maps", "--test", ...bundles], { stdio: "inherit" });
    const code = await new Promise<number>((done, fail) =>
      child.once("error", fail).once("exit", (exit) => done(exit ?? EXIT.failed)),
    );
    process.exitCode = code === 0 ? EXIT.ok : EXIT.found;
  } finally {
    await remove();
  }
}
