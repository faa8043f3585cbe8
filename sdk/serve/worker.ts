/** A thread that runs cases. What a case does to itself, it does here. */
import { parentPort, workerData } from "node:worker_threads";
import { hasUidKey } from "../case/compile.ts";
import { judge, type LoadedInspection } from "../case/judge.ts";
import { parseJson } from "../event/json.ts";
import type { Check, Verdict } from "../terms.ts";
import { loadCases } from "./load.ts";
import { type Answers, type Batch, LOADED, type Ready, RUNNING, type WorkerData } from "./messages.ts";

const { modules, progress } = workerData as WorkerData;
const state = new Int32Array(progress);
const inspections = new Map<string, LoadedInspection>();
const ready: { ready: true; cases: Ready["cases"][number][]; broken: Ready["broken"][number][] } = {
  ready: true,
  cases: [],
  broken: [],
};

Atomics.store(state, RUNNING, -1);
for (const [i, module] of modules.entries()) {
  Atomics.store(state, LOADED, i);
  const { cases, broken } = await loadCases(module);
  ready.broken.push(...broken);
  for (const { definition, manifest, file } of cases) {
    ready.cases.push({ manifest, file });
    if (definition === undefined) continue;
    const keyIsUid = hasUidKey(manifest.reads);
    inspections.set(manifest.name, { definition, manifest, file, keyIsUid });
  }
}
Atomics.store(state, LOADED, modules.length);

function run(text: string): string {
  const check = parseJson(text) as Check;
  const { id, cluster, case: name, instance, key, stamp } = check;
  const inspection = inspections.get(name);
  const judged = inspection
    ? judge(inspection, check)
    : {
        outcome: "error" as const,
        problems: [],
        error: { code: "case-unknown", message: `no case ${name} is loaded here` },
      };
  const verdict: Verdict = { id, cluster, case: name, instance, key, stamp, ...judged };
  return JSON.stringify(verdict);
}

parentPort!.on("message", ({ checks }: Batch) => {
  const verdicts = checks.map((text, i) => {
    Atomics.store(state, RUNNING, i);
    return run(text);
  });
  Atomics.store(state, RUNNING, -1);
  parentPort!.postMessage({ verdicts } satisfies Answers);
});
parentPort!.postMessage(ready satisfies Ready);
