import { durationMs } from "../case/duration.ts";
import { manifestOf } from "../case/manifest.ts";
import { resolveParams } from "../case/params.ts";
import type { Kube, Probe, ProbeContext } from "../case/probe.ts";
import type { Problem, Said } from "../case/problem.ts";
import { sayError } from "../errors.ts";
import type { Outcome, Severity } from "../terms.ts";
import { objectsKube } from "./objects-kube.ts";

export interface ProbeWorld {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly cluster?: string;
  /** Replaces calls to the API server; what is left out works on the objects given. */
  readonly kube?: Partial<Kube>;
}

export interface ExaminedProbe {
  readonly outcome: Outcome;
  readonly problems: readonly { message: string; rule?: string; severity: Severity }[];
  /** Where the outcome is `error`: it threw, or took longer than its timeout. */
  readonly error?: string;
  readonly observed: readonly { name: string; value: number; labels: Readonly<Record<string, string>> }[];
  /** The objects as the probe left them. */
  readonly objects: readonly object[];
}

const flat = (said: Said): (Problem | string)[] =>
  [said]
    .flat(9 as 1)
    .filter((one): one is Problem | string => one !== undefined && one !== null && one !== false) as never;

/** Runs a probe once: real time, real timeout, its own clean-up, and only the rights that it declares. */
export async function examineProbe(
  definition: Probe,
  objects: readonly object[],
  world: ProbeWorld,
): Promise<ExaminedProbe> {
  const manifest = manifestOf(definition, definition.name, "0");
  const params = resolveParams(manifest, world.params ?? {}, manifest.name);
  const held = [...objects] as any[];
  const observed: { name: string; value: number; labels: Readonly<Record<string, string>> }[] = [];
  const cleanUps: ((signal: AbortSignal) => Promise<unknown>)[] = [];
  const signal = AbortSignal.timeout(durationMs(definition.timeout, "timeout"));
  const context: ProbeContext<any> = {
    params,
    cluster: world.cluster ?? "test",
    id: "examine",
    signal,
    kube: { ...objectsKube(held, definition.needs ?? [], signal), ...world.kube },
    observe: (name, value, labels = {}) => observed.push({ name, value, labels }),
    within: (duration, work) => within(durationMs(duration, "within"), signal, work),
    defer: (cleanUp) => cleanUps.unshift(cleanUp),
  };
  const timedOut = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error(`took longer than its timeout of ${definition.timeout}`)));
  });
  const run = async (): Promise<Pick<ExaminedProbe, "outcome" | "problems" | "error">> => {
    try {
      const said = flat(await Promise.race([definition.run(context), timedOut]));
      const problems = said.map((one) => {
        const { message, rule, severity = definition.severity } = typeof one === "string" ? { message: one } : one;
        return { message, severity, ...(rule !== undefined && { rule }) };
      });
      const outcome = problems.length === 0 ? "pass" : problems.every((p) => p.severity === "low") ? "warn" : "fail";
      return { outcome, problems };
    } catch (e) {
      return { outcome: "error", problems: [], error: sayError(e) };
    }
  };
  const result = await run();
  for (const cleanUp of cleanUps) await cleanUp(AbortSignal.timeout(10_000));
  return { ...result, observed, objects: held };
}

/** `undefined` when the work took longer; what it throws is thrown. */
async function within<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
      late.abort();
    }, ms);
  });
  try {
    return await Promise.race([work(AbortSignal.any([outer, late.signal])), timeout]);
  } catch (e) {
    if (late.signal.aborted && !outer.aborted) return undefined;
    throw e;
  } finally {
    clearTimeout(timer);
  }
}
