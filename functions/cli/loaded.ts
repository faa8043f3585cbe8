import type { Manifest } from "#sdk/case/manifest.ts";
import { CasePool } from "#sdk/serve/pool.ts";
import { CANARY } from "#sdk/terms.ts";
import { type VersionedContext, workerOf } from "./context.ts";
import { caseModules } from "./modules.ts";

export interface LoadedCases {
  readonly pool: CasePool;
  readonly manifests: readonly Manifest[];
  readonly broken: readonly { readonly file: string; readonly message: string }[];
  dispose(): Promise<void>;
}

/** What is told of to people: the canary travels with the cases, and looks at nothing. */
export const isForPeople = ({ name }: Pick<Manifest, "name">): boolean => name !== CANARY;

/** Loads cases into threads of their own, ready to run. */
export async function loadCases(
  context: VersionedContext,
  paths: readonly string[],
  deadline = 2_000,
): Promise<LoadedCases> {
  const modules = await caseModules(context, paths);
  const warn = (message: string) => context.process.stderr.write(`roundsman: ${message}\n`);
  const pool = new CasePool({ entry: workerOf(context), modules: modules.modules, deadline, heap: 512, size: 2, warn });
  const dispose = async () => {
    await pool.stop();
    await modules.dispose();
  };
  try {
    const { cases, broken } = await pool.start();
    const first = new Map<string, Manifest>();
    const twice: { file: string; message: string }[] = [];
    for (const { manifest, file } of cases) {
      if (first.has(manifest.name))
        twice.push({
          file,
          message: `${file}: name: "${manifest.name}" is taken by another case; give this one its own.`,
        });
      else first.set(manifest.name, manifest);
    }
    return { pool, manifests: [...first.values()], broken: [...modules.broken, ...broken, ...twice], dispose };
  } catch (e) {
    await dispose();
    throw e;
  }
}
