import { type Listed, lettersQuery, listLetters, readOne, type Shown } from "#functions/dead-letters/letters.ts";
import { fault } from "#sdk/errors.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { plain } from "#sdk/runtime/text.ts";
import { connect, type Remote } from "./client.ts";
import type { Context } from "./context.ts";
import { ago, type Format, print, table } from "./print.ts";
import { withStored } from "./stored.ts";

export interface LettersOptions extends Remote {
  readonly data?: string;
  readonly cluster?: string;
  readonly since?: string;
  readonly topic?: string;
  readonly cause?: string;
  readonly all?: boolean;
  readonly limit?: string;
  readonly before?: string;
  readonly output: Format;
}

interface Page {
  readonly letters: readonly Listed[];
  readonly before?: number;
}

const FILTERS = ["since", "topic", "cause", "limit", "before"] as const;

/** What was set aside: list, show NUMBER, replay NUMBER…; replaying needs one that runs. */
export async function deadLetters(
  context: Context,
  action: "list" | "show" | "replay",
  numbers: readonly string[],
  options: LettersOptions,
): Promise<void> {
  for (const one of numbers)
    if (!/^\d{1,15}$/.test(one))
      throw fault("words-unclear", {
        text: one,
        what: "is no dead letter's number",
        wanted: "the number that `dead-letters list` shows, such as 17",
      });
  const say = (value: unknown, people: () => string) =>
    void context.process.stdout.write(print(options.output, value, people));
  if (action === "list") {
    const page = await readPage(context, options);
    return say(page, () => tellPage(page));
  }
  if (numbers.length === 0 || (action === "show" && numbers.length > 1))
    throw fault("words-unclear", {
      text: `dead-letters ${action}`,
      what: action === "show" ? "takes one number" : "takes one number or several",
      wanted: `dead-letters ${action} 17`,
    });
  if (action === "show") {
    const one = await readShown(context, numbers[0]!, options);
    return say(one, () => tellOne(one));
  }
  if (options.data !== undefined)
    throw fault("words-unclear", {
      text: "dead-letters replay --data",
      what: "asks one that is stopped, and only one that runs can replay",
      wanted: "the command without --data, once it is started",
    });
  const client = await connect(context, options);
  const done: { letter: number; did: string }[] = [];
  for (const one of numbers) done.push(await client.post(`/v1/dead-letters/${one}/replay`, {}));
  say(done, () => done.map(({ letter, did }) => `${letter}: ${plain(did)}.`).join("\n"));
}

async function readPage(context: Context, options: LettersOptions): Promise<Page> {
  const { data, cluster, all } = options;
  const words = {
    ...Object.fromEntries(FILTERS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]!]]))),
    ...(all && { all: "true" }),
  };
  if (data === undefined)
    return (await connect(context, options)).get(`/v1/dead-letters?${new URLSearchParams(words)}`);
  return withStored(data, cluster, (log) => listLetters(log, lettersQuery(words, systemClock.now())));
}

async function readShown(context: Context, number: string, options: LettersOptions): Promise<Shown> {
  const { data, cluster } = options;
  if (data !== undefined) return withStored(data, cluster, (log) => readOne(log, Number(number)));
  return (await connect(context, options)).get(`/v1/dead-letters/${number}`);
}

const HEADS = ["LETTER", "SET ASIDE", "TOPIC", "BY", "TRIES", "CAUSE", "KEY"];
const sayBy = ({ by, subscription }: Listed) => (subscription === undefined ? by : `${by} (${subscription})`);

function tellPage({ letters, before }: Page): string {
  if (letters.length === 0) return "Nothing is set aside.";
  const now = systemClock.now();
  const rows = letters.map((one) => [
    `${one.letter}${one.replayed ? " (replayed)" : ""}`,
    `${ago(one.at, now)} ago`,
    one.topic,
    sayBy(one),
    `${one.tries}`,
    one.cause.code,
    one.key,
  ]);
  const older = before === undefined ? "" : `\n\nOlder: --before ${before}`;
  return `${table(HEADS, rows)}${older}\n\nWhy: roundsman dead-letters show LETTER. Again: roundsman dead-letters replay LETTER`;
}

function tellOne(one: Shown): string {
  const { record, replayed } = one;
  const line = (label: string, value: string) => `${`${label}:`.padEnd(13)}${plain(value)}`;
  return [
    line("Dead letter", `${one.letter}`),
    line("Set aside", `${one.at} by ${sayBy(one)}`),
    line("Cause", `${one.cause.code}: ${one.cause.message}`),
    line("Tries", `${one.tries}`),
    ...(replayed ? [line("Replayed", `${replayed.at} by ${replayed.by}: ${replayed.did}`)] : []),
    line("Record", `${one.topic}, partition ${one.partition}, offset ${one.offset}`),
    line("Key", one.key),
    ...Object.entries(record.headers).map(([name, value]) => line(`  ${name}`, value)),
    "",
    plain(record.value ?? "(a tombstone)"),
  ].join("\n");
}
