import { CLAIMING } from "./contract/claiming.ts";
import { CUSTOM } from "./contract/custom.ts";
import { DELETING } from "./contract/deleting.ts";
import { DISCOVERY } from "./contract/discovery.ts";
import { LEAVING } from "./contract/leaving.ts";
import { READING } from "./contract/reading.ts";
import { ANY, matches, type Step } from "./contract/step.ts";
import { WATCHING } from "./contract/watching.ts";
import { WORKLOADS } from "./contract/workloads.ts";
import { WRITING } from "./contract/writing.ts";

/**
 * What a client may count on from an API server, as a table of requests and answers, to be asked in this order. The
 * practice server is held to it by a unit test, a real one by test/e2e/practice-contract.e2e.test.ts.
 */
export const CONTRACT: readonly Step[] = [
  ...DISCOVERY,
  ...WRITING,
  ...WORKLOADS,
  ...READING,
  ...WATCHING,
  ...DELETING,
  ...CLAIMING,
  ...CUSTOM,
  ...LEAVING,
];

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Got {
  readonly code: number;
  /** Parsed where it is JSON; `{ events: [...] }` where it is a watch; else text. */
  readonly body: unknown;
}

export interface Difference {
  readonly step: string;
  readonly expected: { readonly code: number; readonly answer: unknown };
  readonly got: Got;
}

const filled = (text: string, kept: ReadonlyMap<string, string>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name) => kept.get(name) ?? whole);

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<any>((inner, step) => inner?.[step], value);

/** Fills what an earlier step kept into texts, however deep. */
function fill(value: unknown, kept: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return filled(value, kept);
  if (Array.isArray(value)) return value.map((one) => fill(one, kept));
  if (typeof value !== "object" || value === null || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner, kept)]));
}

export interface RunOptions {
  readonly namespace: string;
  readonly send: (sent: Sent) => Promise<Got>;
  /** Lets some time pass before a step is asked again. */
  readonly wait: () => Promise<void>;
  /** How often a step is asked that waits for somebody. */
  readonly tries: number;
}

/** Walks the table in its order; answers what did not match. */
export async function runContract(
  steps: readonly Step[],
  { namespace, send, wait, tries }: RunOptions,
): Promise<readonly Difference[]> {
  const kept = new Map([["ns", namespace]]);
  const differences: Difference[] = [];
  for (const step of steps) {
    const expected = { code: step.code, answer: fill(step.answer ?? ANY, kept) };
    const method = step.method ?? "GET";
    const headers = {
      accept: step.accept ?? "application/json",
      ...(step.body !== undefined && { "content-type": step.type ?? "application/json" }),
    };
    const body =
      step.body === undefined
        ? {}
        : { body: typeof step.body === "string" ? step.body : JSON.stringify(fill(step.body, kept)) };
    const ask = () => send({ method, path: filled(step.path, kept), headers, ...body });
    const good = (got: Got) => got.code === expected.code && matches(expected.answer, got.body);
    let got = await ask();
    for (let left = step.eventually ? tries : 0; left > 0 && !good(got); left--) {
      await wait();
      got = await ask();
    }
    if (!good(got)) differences.push({ step: step.name, expected, got });
    for (const [name, path] of Object.entries(step.keep ?? {})) kept.set(name, String(at(got.body, path)));
  }
  return differences;
}
