import type { Log } from "#broker/log/log.ts";
import { lookBack } from "#broker/log/look-back.ts";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { NodeCondition } from "#sdk/operation/condition.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { Finding } from "#sdk/terms.ts";
import { type Line, LineFold } from "./line.ts";
import { readWord, type Word } from "./words.ts";

/**
 * All that the log holds of one fault, by its fingerprint or a unique beginning: nothing of it is kept in memory for that.
 * Rejects with `finding-unknown` or `finding-ambiguous`.
 */
export async function readLine(log: Log, beginning: string): Promise<Line> {
  const findings: Finding[] = [];
  const words: Word[] = [];
  // What does not hold the text is not parsed.
  for await (const text of texts(log, "findings", beginning)) findings.push(parseJson(text.value) as Finding);
  for (const topic of ["due", "remedies"])
    for await (const record of texts(log, topic, beginning)) {
      const word = readWord(record);
      if (word) words.push(word);
    }
  const fold = new LineFold(
    oneOf(beginning, [
      ...findings.map(({ fingerprint }) => fingerprint),
      ...words.flatMap(({ finding }) => finding?.fingerprint ?? []),
    ]),
  );
  for (const word of words) fold.word(word);
  for (const finding of findings) fold.finding(finding);
  const { target } = fold;
  if (target?.kind === "Node") await readConditions(log, target.name, fold);
  await readDecisions(log, fold);
  return fold.line();
}

function oneOf(beginning: string, fingerprints: readonly string[]): string {
  const fitting = [...new Set(fingerprints)].filter((one) => one.startsWith(beginning)).sort();
  if (fitting.length === 0) throw fault("finding-unknown", { fingerprint: beginning });
  if (fitting.length === 1) return fitting[0]!;
  const all = `${fitting.slice(0, 10).join(", ")}${fitting.length > 10 ? ", …" : ""}`;
  throw fault("finding-ambiguous", { fingerprint: beginning, count: fitting.length, all });
}

async function readConditions(log: Log, node: string, fold: LineFold): Promise<void> {
  for await (const { headers, value, time } of texts(log, "events", node))
    if (headers.ce_type === TYPES.nodeCondition) fold.condition(parseJson(value) as NodeCondition, time);
}

/** ms: a request is decided no earlier than it became due, but for the two topics' clocks. */
const SLACK = 60_000;

/** What was granted is said without its decision; the audit has it. */
async function readDecisions(log: Log, fold: LineFold): Promise<void> {
  const { ids, since } = fold.undecided();
  if (ids.size === 0) return;
  const { found } = await lookBack(log, "decisions", {
    // An id that somebody used again is there twice.
    limit: Number.POSITIVE_INFINITY,
    take: ({ headers, value, time }) => {
      if (time < since - SLACK) return "old";
      if (headers.ce_type !== TYPES.decision || value === null) return undefined;
      const decision = parseJson(value) as Decision;
      return ids.has(decision.id) ? decision : undefined;
    },
  });
  for (const decision of found) fold.decision(decision);
}

/** Records whose value holds this text. */
async function* texts(log: Log, topic: string, part: string) {
  for await (const records of log.read(topic))
    for (const record of records) {
      const { value } = record;
      if (value?.includes(part)) yield { ...record, value };
    }
}
