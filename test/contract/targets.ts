import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer, Target } from "#broker/dispatch/target.ts";
import { dueCheck } from "#functions/host/process.test-kit.ts";
import type { Check, Verdict } from "#sdk/terms.ts";

/** Cases that a target under test runs; a check may take 500 ms there. */
export const CASES = {
  t: `import { inspection } from "roundsman";
const of = { kind: "v1/Pod", where: { "metadata.name": "x" } };
export const said = inspection.each({ name: "t/said", severity: "high", of, check: (pod) => ({ message: pod.metadata.name + " is said" }) });
export const fine = inspection.each({ name: "t/fine", severity: "high", of, check: () => undefined });
export const throws = inspection.each({ name: "t/throws", severity: "high", of, check: () => { throw new Error("no"); } });
export const hangs = inspection.each({ name: "t/hangs", severity: "high", of, check: () => { for (;;); } });
export const dies = inspection.each({ name: "t/dies", severity: "high", of, check: () => process.exit(1) });`,
};

export interface TargetUnderTest {
  readonly target: Target;
  close(): Promise<void>;
}

/** What every target must do, whatever is between it and the cases. */
export function describeTarget(name: string, create: () => Promise<TargetUnderTest>): void {
  describe(`a target ${name}`, () => {
    let own: TargetUnderTest;
    beforeAll(async () => {
      own = await create();
    });
    afterAll(() => own.close());

    const evaluate = async (checks: readonly Check[]) => {
      const answers = await own.target.evaluate(checks.map((check) => ({ id: check.id, text: JSON.stringify(check) })));
      return new Map(answers.map((answer) => [answer.id, answer]));
    };
    const verdictOf = (answer: Answer | undefined) => JSON.parse(answer!.verdict!) as Verdict;
    const due = (name: string, key: string) => dueCheck(name, key).check;

    it("answers one check", async () => {
      const check = due("t/said", "a");
      const { id, cluster, instance, key, stamp } = check;
      expect(verdictOf((await evaluate([check])).get(id))).toMatchObject({
        ...{ id, cluster, case: "t/said", instance, key, stamp, outcome: "fail" },
        problems: [{ message: "a is said", subject: { kind: "Pod", namespace: "shop", name: "a" } }],
      });
    });

    it("answers each of many under its id", async () => {
      const checks = Array.from({ length: 50 }, (_, i) => due(i % 2 ? "t/said" : "t/fine", `k${i}`));
      const answers = await evaluate(checks);
      expect(answers.size).toBe(50);
      for (const { id, key, case: name } of checks)
        expect(verdictOf(answers.get(id))).toMatchObject({ id, key, outcome: name === "t/said" ? "fail" : "pass" });
    });

    it.each(["Ünïcode 🙂", 'quote " and % and \\', "a/b c,d;e=f", "%41", "\u2028"])(
      "keeps ids and texts: %j",
      async (odd) => {
        const check = { ...due("t/said", odd), id: odd, key: [odd, "second"] };
        const answer = (await evaluate([check])).get(odd);
        expect(verdictOf(answer)).toMatchObject({
          id: odd,
          key: [odd, "second"],
          problems: [{ message: `${odd} is said` }],
        });
      },
    );

    it("carries a group of a megabyte", async () => {
      const check = due("t/fine", "big");
      const rows = { it: [{ ...(check.rows.it![0] as object), spec: "x".repeat(1 << 20) }] };
      expect(verdictOf((await evaluate([{ ...check, rows }])).get(check.id)).outcome).toBe("pass");
    });

    it("answers a check that throws with an error that is its verdict", async () => {
      const check = due("t/throws", "a");
      const answer = (await evaluate([check])).get(check.id)!;
      expect("error" in answer).toBe(false);
      expect(verdictOf(answer)).toMatchObject({ outcome: "error", error: { code: "case-threw" } });
    });

    it("says of a case that is not there that it is not", async () => {
      const check = due("t/none", "a");
      expect(verdictOf((await evaluate([check])).get(check.id))).toMatchObject({ error: { code: "case-unknown" } });
    });

    it.each([
      ["t/hangs", "case-deadline"],
      ["t/dies", "case-exit"],
    ])("says that the run of %s was broken off, and answers its neighbours", async (name, code) => {
      const checks = [due("t/said", "a"), due(name, "b"), due("t/said", "c")];
      const answers = await evaluate(checks);
      const broken = answers.get(checks[1]!.id)!;
      expect("error" in broken && broken.error.code).toBe(code);
      if (broken.verdict)
        expect(verdictOf(broken)).toMatchObject({ id: checks[1]!.id, outcome: "error", error: { code } });
      for (const check of [checks[0]!, checks[2]!]) expect(verdictOf(answers.get(check.id)).outcome).toBe("fail");
    });

    it("takes many batches at once", async () => {
      const batches = Array.from({ length: 20 }, (_, b) =>
        Array.from({ length: 5 }, (_, i) => due("t/said", `${b}-${i}`)),
      );
      const all = await Promise.all(batches.map(evaluate));
      expect(all.map(({ size }) => size)).toEqual(batches.map(({ length }) => length));
    });
  });
}
