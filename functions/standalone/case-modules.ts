import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fault, sayError } from "#sdk/errors.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";

export interface CaseModulesOptions {
  /** Folders or files. */
  readonly paths: readonly string[];
  /** Where `import … from "roundsman"` leads: this package's own modules. */
  readonly sdk: URL;
  readonly testing: URL;
  /** Where bundles are put. It is emptied first. */
  readonly out: string;
  /** What file names are shown relative to. */
  readonly cwd: string;
}

const IS_CASE = /\.(?:ts|mts|js|mjs)$/;
const IS_NOT = /\.(?:test|spec|d)\.[mc]?[tj]s$/;
const SKIPPED = new Set(["node_modules", "dist", "coverage"]);

async function filesIn(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const found: string[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory() && !SKIPPED.has(entry.name) && !entry.name.startsWith("."))
      found.push(...(await filesIn(join(path, entry.name))));
    if (entry.isFile() && IS_CASE.test(entry.name) && !IS_NOT.test(entry.name)) found.push(join(path, entry.name));
  }
  return found.sort();
}

/**
 * Bundles cases in TypeScript, each file by itself, so that a mistake in one stops no other.
 * @throws cases-unreadable where a path is not there or holds no case file
 */
export async function bundleCases({
  paths,
  sdk,
  testing,
  out,
  cwd,
}: CaseModulesOptions): Promise<{ modules: CaseModule[]; broken: { file: string; message: string }[] }> {
  const { build } = await import("esbuild");
  const modules: CaseModule[] = [];
  const broken: { file: string; message: string }[] = [];
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  for (const path of paths) {
    let files: string[];
    try {
      files = await filesIn(resolve(cwd, path));
    } catch (e) {
      throw fault("cases-unreadable", { path, what: sayFileError(e) }, e);
    }
    if (files.length === 0) throw fault("cases-unreadable", { path, what: "it holds no .ts or .js file" });
    for (const file of files) {
      const shown = relative(cwd, file) || basename(file);
      try {
        const bundled = await build({
          entryPoints: [file],
          bundle: true,
          write: false,
          platform: "node",
          format: "esm",
          target: "node20",
          sourcemap: "inline",
          logLevel: "silent",
          outdir: out,
          alias: { roundsman: fileURLToPath(sdk), "roundsman/testing": fileURLToPath(testing) },
        });
        const text = bundled.outputFiles[0]!.text;
        const version = createHash("sha256").update(text).digest("hex").slice(0, 12);
        const target = join(out, `${modules.length}-${version}.mjs`);
        await writeFile(target, text);
        modules.push({ url: pathToFileURL(target).href, file: shown, version });
      } catch (e) {
        broken.push({ file: shown, message: `${shown} cannot be bundled: ${sayBuildError(e)}` });
      }
    }
  }
  return { modules, broken };
}

function sayBuildError(e: unknown): string {
  const errors = (
    e as { errors?: { text: string; location: { line: number; column: number; lineText: string } | null }[] }
  ).errors;
  const first = errors?.[0];
  if (!first) return sayError(e);
  const at = first.location
    ? ` at line ${first.location.line}, column ${first.location.column + 1}: ${first.location.lineText.trim()}`
    : "";
  return `${first.text}${at}`;
}
