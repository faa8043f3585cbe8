import type { Log, LogRecord, Subscription } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import type { Failed } from "#sdk/operation/outcome.ts";
import type { About } from "#sdk/operation/remedy.ts";
import { painter, plain, type Style } from "#sdk/runtime/text.ts";

type Said = Partial<About & Granted & Failed> & Pick<About, "operation" | "target"> & { readonly message?: string };

/** How a word looks, and what is said with it. Doubles of what a person reads elsewhere are left out. */
const WORDS: Readonly<Record<string, [word: string, style: Style]>> = {
  [TYPES.remedyGranted]: ["granted", "green"],
  [TYPES.remedyDenied]: ["denied", "yellow"],
  [TYPES.remedyWaiting]: ["waiting", "yellow"],
  [TYPES.remedyHeld]: ["held", "yellow"],
  [TYPES.remedyObserved]: ["would", "dim"],
  [TYPES.remedySucceeded]: ["done", "green"],
  [TYPES.remedyFailed]: ["failed", "red"],
  [TYPES.remedyUndone]: ["undone", "green"],
  [TYPES.remedyExpired]: ["expired", "red"],
  [TYPES.remedyEscalated]: ["person!", "red"],
};

/** `12:03:11 ⚒ denied   drain Node n7: …`; undefined where a person need not see it. */
export function sayRemedy({ headers, value, time }: LogRecord, colour: boolean): string | undefined {
  const [word, style] = WORDS[headers.ce_type ?? ""] ?? [];
  if (word === undefined || value === null) return undefined;
  const paint = painter(colour);
  const said = saidIn(value);
  if (said === undefined) return undefined;
  const { operation, target, message, reason, case: name } = said;
  const { kind, namespace } = target;
  const what = `${operation} ${kind} ${namespace === undefined ? "" : `${namespace}/`}${target.name}`;
  const why = message ?? reason ?? name ?? "";
  const at = paint("dim", new Date(time).toISOString().slice(11, 19));
  return `${at} ${paint(style!, `⚒ ${word.padEnd(8)}`)} ${plain(what)}: ${plain(why)}`;
}

/** Undefined: it cannot be read, and the healer has set it aside. */
function saidIn(value: string): Said | undefined {
  try {
    return parseJson(value) as Said;
  } catch {
    return undefined;
  }
}

/** A line each for what becomes of remedies from now on. */
export function tellRemedies(
  log: Log,
  stdout: { write: (text: string) => void; readonly colour: boolean },
): Subscription {
  return log.subscribe({ topic: "remedies", group: "stdout", from: "end" }, (records, reading) => {
    for (const record of records) {
      const line = sayRemedy(record, stdout.colour);
      if (line !== undefined) stdout.write(`${line}\n`);
    }
    const last = records.at(-1)!;
    void reading.commit(last.partition, last.offset + 1);
  });
}
