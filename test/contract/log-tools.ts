import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Log, LogRecord, NewRecord, Position, Subscription } from "#broker/log/log.ts";

/** A driver under test, freshly opened. */
export interface LogUnderTest {
  readonly log: Log;
  /** Closes nothing: the caller closes `log`, then this opens the same records again. Left out where they do not outlive it. */
  reopen?(): Promise<Log>;
  /** Removes what the driver left behind. */
  dispose?(): Promise<void>;
}

/** How the parts of the contract come by a log: it is closed and removed after the test. */
export interface Bench {
  start(): Promise<LogUnderTest>;
  /** Closes the log and opens the same records again. */
  restart(under: LogUnderTest): Promise<Log>;
}

/** Long enough for a broker over a network; what is there sooner is seen sooner. */
const PATIENCE = 15_000;

export const eventually = async (what: string, holds: () => boolean): Promise<void> => {
  for (const end = Date.now() + PATIENCE; !holds(); await pause(2)) {
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
  }
};

export const record = (
  topic: string,
  key: string,
  value: string | null,
  headers: Record<string, string> = {},
): NewRecord => ({
  topic,
  key: JSON.stringify([key]),
  headers,
  value,
});

export const readAll = async (log: Log, topic: string, from?: number): Promise<LogRecord[]> => {
  const all: LogRecord[] = [];
  for await (const batch of log.read(topic, from === undefined ? {} : { from })) {
    expect(batch.length).toBeGreaterThan(0);
    expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
    all.push(...batch);
  }
  return all;
};

/** Values per key, in the order of the records: the only order that is promised. */
export const byKey = (records: readonly NewRecord[]): Record<string, (string | null)[]> => {
  const values: Record<string, (string | null)[]> = {};
  for (const { key, value } of records) values[key] = [...(values[key] ?? []), value];
  return values;
};

export const place = ({ topic, partition, offset, time }: Position): Position => ({ topic, partition, offset, time });

/** A topic or group that no other test has, also where many share one broker. */
export const topicOf = (what: string): string => `${what}-${randomUUID()}`;

/** Collects what a subscription delivers. */
export const collect = (
  log: Log,
  options: Parameters<Log["subscribe"]>[0],
): { readonly records: LogRecord[]; readonly subscription: Subscription } => {
  const records: LogRecord[] = [];
  const subscription = log.subscribe(options, (batch) => void records.push(...batch));
  return { records, subscription };
};
