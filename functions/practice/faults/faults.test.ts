import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { practiceConfigs } from "../configs.ts";
import { type Practice, startPractice } from "../practice.ts";
import { seededRandom } from "../random.ts";
import { CASES, whatIsWrong } from "../testing/oracle.ts";
import { createTimeline, type Timeline } from "../timeline.ts";
import { type ExpectedFinding, FAULTS } from "./index.ts";

const START = Date.parse("2026-11-21T12:00:00Z");

const subjectOf = ({ kind, namespace, name }: ExpectedFinding) =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
const fits = (pattern: string, subject: string) =>
  pattern.endsWith("*") ? subject.startsWith(pattern.slice(0, -1)) : subject === pattern;

describe("each fault", () => {
  const failures: unknown[] = [];
  let time: Timeline;
  let practice: Practice;

  beforeAll(async () => {
    time = createTimeline(START);
    practice = await startPractice({
      clock: time,
      random: seededRandom(9),
      faults: false,
      background: false,
      report: (error) => failures.push(error),
    });
  });
  afterAll(async () => {
    await practice.close();
    expect(failures).toEqual([]);
  });

  const wrong = () =>
    whatIsWrong(practice.store, practice.cluster.client).map((one) => [one.case, one.subject] as const);

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    "%s is found where it says, nowhere else, and mended",
    (_, fault) => {
      expect(wrong()).toEqual([]);
      // Twice over: a fault comes again each round.
      for (let round = 0; round < 2; round++) {
        fault.make(practice.cluster);
        time.advance((fault.ripens ?? 0) + 4_500);
        const expected = [{ case: fault.expects, findings: fault.findings }, ...(fault.also ?? [])].flatMap((one) =>
          one.findings.map((finding) => [one.case, subjectOf(finding)] as const),
        );
        const found = wrong();
        expect(found).toHaveLength(expected.length);
        for (const [name, pattern] of expected) {
          expect(
            found.filter(([of, subject]) => of === name && fits(pattern, subject)),
            `${name} of ${pattern} in ${JSON.stringify(found)}`,
          ).toHaveLength(1);
        }
        fault.mend(practice.cluster);
        time.advance(8_000);
        expect(wrong()).toEqual([]);
      }
    },
  );

  it("is made twice or mended twice without harm", () => {
    for (const fault of FAULTS) {
      fault.make(practice.cluster);
      time.advance(100);
      fault.make(practice.cluster);
    }
    time.advance(12_000);
    for (const fault of FAULTS) {
      fault.mend(practice.cluster);
      time.advance(100);
      fault.mend(practice.cluster);
    }
    time.advance(20_000);
    expect(wrong()).toEqual([]);
  });

  it("stands for one case, and every case is configured to be quick", () => {
    expect(FAULTS.map(({ expects }) => expects).sort()).toEqual([...CASES].sort());
    const configs = practiceConfigs();
    expect(configs.map(({ spec }) => spec.case).sort()).toEqual([...CASES].sort());
    expect(new Set(configs.map(({ metadata }) => metadata.name)).size).toBe(configs.length);
    for (const { spec } of configs)
      expect([spec.for, spec.clear].every((text) => text === undefined || /^\d+s$/.test(text))).toBe(true);
  });
});
