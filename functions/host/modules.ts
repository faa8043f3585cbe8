import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fault } from "#sdk/errors.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";

/** Cases that were bundled before, as an image holds them: every .js and .mjs file of the folders, and nothing is built. */
export async function bundledModules(dirs: readonly string[]): Promise<CaseModule[]> {
  const modules = await Promise.all(dirs.map(modulesIn));
  return modules.flat();
}

async function modulesIn(dir: string): Promise<CaseModule[]> {
  const unreadable = (what: string, e?: unknown) => fault("cases-unreadable", { path: dir, what }, e);
  const names = await readdir(dir).catch((e: unknown) => {
    throw unreadable(sayFileError(e), e);
  });
  const files = names.filter((name) => /\.m?js$/.test(name)).sort();
  if (files.length === 0) throw unreadable("it holds no .js or .mjs file; `roundsman host` bundles TypeScript itself");
  return Promise.all(
    files.map(async (name) => {
      const file = join(dir, name);
      const version = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
      return { url: pathToFileURL(file).href, file, version: version.slice(0, 12) };
    }),
  );
}
