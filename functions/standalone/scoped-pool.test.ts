import { expect, test } from "vitest";
import type { Evaluated } from "#sdk/serve/pool.ts";
import { scopedPool } from "./scoped-pool.ts";

const problem = (namespace: string | undefined) => ({
  fingerprint: "f",
  subject: { kind: "Pod", name: "a", ...(namespace !== undefined && { namespace }) },
});
const verdict = (outcome: string, ...namespaces: (string | undefined)[]): Evaluated => ({
  id: "1",
  verdict: JSON.stringify({ id: "1", outcome, problems: namespaces.map(problem) }),
});
const pool = (answer: Evaluated) => ({ evaluate: async () => [answer] });

async function left(answer: Evaluated, scope: Parameters<typeof scopedPool>[1]) {
  const [scoped] = await scopedPool(pool(answer), scope).evaluate([{ id: "1", text: "{}" }]);
  const { outcome, problems } = JSON.parse((scoped as { verdict: string }).verdict);
  return [outcome, problems.map((one: ReturnType<typeof problem>) => one.subject.namespace)];
}

test("problems of other namespaces are left out, those of none never", async () => {
  const answer = verdict("fail", "shop", "web", undefined);
  expect(await left(answer, { namespace: ["shop"] })).toEqual(["fail", ["shop", undefined]]);
  expect(await left(answer, { excludeNamespace: ["shop"] })).toEqual(["fail", ["web", undefined]]);
});

test("a verdict of which nothing is left is a pass, so that what was open is resolved", async () => {
  expect(await left(verdict("fail", "shop"), { excludeNamespace: ["shop"] })).toEqual(["pass", []]);
  expect(await left(verdict("error"), { excludeNamespace: ["shop"] })).toEqual(["error", []]);
});

test("what is in scope, has no verdict or is not scoped is passed on as it is", async () => {
  const failed: Evaluated = { id: "1", error: { code: "case-hung", message: "m" } };
  for (const answer of [verdict("fail", "web"), failed]) {
    const [scoped] = await scopedPool(pool(answer), { excludeNamespace: ["shop"] }).evaluate([]);
    expect(scoped).toBe(answer);
  }
  const plain = pool(failed);
  expect(scopedPool(plain, {})).toBe(plain);
});
