/** What it means to replay a dead letter: evaluate now. */
import type { Log, NewRecord } from "#broker/log/log.ts";
import { TOPICS, type Topic, type TopicSpec } from "#broker/topics.ts";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { CheckAsked, Key, Redelivery } from "#sdk/terms.ts";
import type { Replayed, Shown } from "./letters.ts";

export interface Replay {
  /** To append, in this order. */
  readonly records: readonly NewRecord[];
  /** For people. */
  readonly did: string;
}

/** What stands in one order that only its writer may add to: no one replays it. */
const CLOSED: ReadonlySet<string> = new Set([
  "defender",
  "defender-snapshots",
  "decisions",
  "dead-letters",
  "clusters",
]);

/** What is to be appended. `nonce` makes its ids new. Throws `replay-refused`. */
export function replayOf(letter: Shown, by: string, nonce: string): Replay {
  const { topic, subscription, offset, record } = letter;
  if (topic === "checks") return askAgain(letter, by, nonce);
  if (topic === "findings" && subscription !== undefined) {
    const [fingerprint] = keyOf(letter) as [string];
    const wanted: Redelivery = { subscription, fingerprint, offset, by };
    return { records: [redeliveryRecord(wanted, nonce)], did: `told ${subscription} again` };
  }
  if (CLOSED.has(topic) || !Object.hasOwn(TOPICS, topic))
    throw refuse(letter, `only the writer of topic ${topic} may add to it`);
  return { records: [record], did: `appended to ${topic} again, as it was` };
}

/** The rows of a check are of when it was made: the watcher makes a new one, of the key as it is now. */
function askAgain(letter: Shown, by: string, nonce: string): Replay {
  const [cluster, instance, key] = keyOf(letter) as [string?, string?, Key?];
  if (typeof cluster !== "string" || typeof instance !== "string" || key === undefined)
    throw refuse(letter, "its key names no cluster, case and key; it is checked anew when its rows change");
  const asked: CheckAsked = { cluster, instance, key, by };
  const record = recordOf({
    topic: "due",
    key: [nonce],
    type: TYPES.checkAsked,
    id: nonce,
    source: "/dead-letters",
    dataText: JSON.stringify(asked),
  });
  return {
    records: [record],
    did: `asked the watcher of ${cluster} to judge ${instance} under ${JSON.stringify(key)} now`,
  };
}

function keyOf(letter: Shown): unknown[] {
  try {
    const key = parseJson(letter.key);
    if (Array.isArray(key)) return key;
  } catch {
    // Said below: it is no key of ours.
  }
  throw refuse(letter, "its key is no list");
}

const refuse = ({ letter }: Shown, what: string) => fault("replay-refused", { letter, what });

export const redeliveryRecord = (wanted: Redelivery, nonce: string): NewRecord =>
  recordOf({
    topic: "due",
    key: [nonce],
    type: TYPES.redeliver,
    id: nonce,
    source: "/alerts",
    dataText: JSON.stringify(wanted),
  });

/** Replays one: what it appends and that it did so stand in the log together. Rejects with `replay-refused`. */
export async function replay(log: Log, letter: Shown, by: string, nonce: string): Promise<Replay> {
  const done = replayOf(letter, by, nonce);
  if (done.records.includes(letter.record)) await refuseOutdated(log, letter);
  const said: Replayed = { letter: letter.letter, by, did: done.did };
  const { topic, partition, offset } = letter;
  await log.append([
    ...done.records,
    recordOf({
      topic: "dead-letters",
      key: [topic, partition, offset],
      type: TYPES.replayed,
      id: nonce,
      source: "/dead-letters",
      dataText: JSON.stringify(said),
    }),
  ]);
  return done;
}

/** Of a compacted topic the last record of a key counts: one of before may not take its place. */
async function refuseOutdated(log: Log, letter: Shown): Promise<void> {
  const { topic, partition, offset, key } = letter;
  if ((TOPICS[topic as Topic] as TopicSpec).days !== undefined) return;
  for await (const records of log.read(topic))
    for (const one of records)
      if (one.key === key && one.partition === partition && one.offset > offset)
        throw refuse(letter, `something newer of the same key stands in topic ${topic}, and counts`);
}
