import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleCases } from "#functions/standalone/case-modules.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";
import { probesOf, sdkOf, testingOf, type VersionedContext } from "./context.ts";

export interface Modules {
  readonly modules: readonly CaseModule[];
  readonly broken: readonly { readonly file: string; readonly message: string }[];
  /** Removes the bundles. */
  dispose(): Promise<void>;
}

const shippedModule = (context: VersionedContext): CaseModule => ({
  url: probesOf(context).href,
  file: "roundsman",
  version: context.version,
});

/** The shipped cases, and the user's own, bundled. */
export async function caseModules(context: VersionedContext, paths: readonly string[]): Promise<Modules> {
  const own = await ownModules(context, paths);
  return { ...own, modules: [shippedModule(context), ...own.modules] };
}

/** The user's own cases alone, bundled; the shipped ones where there are none. */
export async function hostedModules(context: VersionedContext, paths: readonly string[]): Promise<Modules> {
  const own = await ownModules(context, paths);
  return paths.length > 0 ? own : { ...own, modules: [shippedModule(context)] };
}

async function ownModules(context: VersionedContext, paths: readonly string[]): Promise<Modules> {
  if (paths.length === 0) return { modules: [], broken: [], dispose: async () => undefined };
  const out = await mkdtemp(join(tmpdir(), "roundsman-cases-"));
  const dispose = () => rm(out, { recursive: true, force: true });
  try {
    const options = { paths, sdk: sdkOf(context), testing: testingOf(context), out, cwd: context.process.cwd() };
    const { modules, broken } = await bundleCases(options);
    return { modules, broken, dispose };
  } catch (e) {
    await dispose();
    throw e;
  }
}
