/**
 * Several processes write one log and fold all of it. What each of them must know of the others is in the fold, so that all
 * come to the same: which records were stored twice, whether one was lost, who tells a decision, which version all know.
 */
import type { Decision } from "#sdk/operation/decision.ts";
import { Fifo } from "./fifo.ts";
import type { InputRecord, Sender } from "./input.ts";
import type { State, Untold, Writer } from "./state.ts";

/** A writer that is silent for so long is gone: it begins anew, under another name, before it is heard again. Defender time, ms. */
export const GONE = 60_000;

/**
 * Whether the record counts. One that was stored twice does not, wherever its reader began: it changes nothing, not even
 * time. A number that is left out is a record that was lost, and perhaps a grant.
 */
export function admit(state: State, { from, input, offset }: InputRecord): boolean {
  if (!from) return true;
  const { writer: name, number } = from;
  const writer = state.writers.get(name);
  if (!writer) {
    if (number !== 0 || input.kind !== "start" || (input.after ?? -1) < state.forgottenWriters) return false;
    const { knows = 1 } = input;
    state.writers.set(name, {
      last: 0,
      began: offset,
      at: 0,
      knows,
      untold: new Fifo(),
      told: 0,
      end: from.end,
    });
    return true;
  }
  if (number <= writer.last) return false;
  if (number !== writer.last + 1) state.initialised = false;
  writer.last = number;
  return true;
}

/** Hears the writer: what it has told need not be told, what those had to tell who are gone is its own from here on. */
export function note(state: State, { from, offset }: InputRecord, decision: Decision | undefined): void {
  if (!from) return;
  const writer = state.writers.get(from.writer)!;
  writer.at = state.time.now;
  state.writers.delete(from.writer);
  state.writers.set(from.writer, writer);
  takeTold(writer, from);
  for (const [name, silent] of state.writers) {
    if (state.time.now - silent.at <= GONE) break;
    inherit(writer, silent);
    state.writers.delete(name);
    state.forgottenWriters = Math.max(state.forgottenWriters, silent.began);
  }
  if (decision?.offset === offset) writer.untold.push({ decision });
}

function takeTold(writer: Writer, { told, end }: Sender): void {
  for (; writer.told < told && writer.untold.size > 0; writer.told++) writer.untold.drop();
  writer.end = end;
}

/** It may have told some of it without a word of that in the log: so whoever tells it looks first. */
function inherit(writer: Writer, silent: Writer): void {
  for (const { decision, since = silent.end } of silent.untold) writer.untold.push({ decision, since });
}

/** What this one has to tell, after the first so many that it has told without a word of that in the log yet. */
export function untoldOf(state: State, name: string, told: number, most: number): Untold[] {
  const writer = state.writers.get(name);
  if (!writer) return [];
  const all: Untold[] = [];
  let skip = told - writer.told;
  for (const one of writer.untold) {
    if (skip-- > 0) continue;
    if (all.length === most) break;
    all.push(one);
  }
  return all;
}

/** The newest version that all writers know. */
export const commonVersion = ({ writers, version }: State): number =>
  writers.size === 0 ? version : Math.min(...[...writers.values()].map(({ knows }) => knows));

/** Whether a version that a record calls for may begin there. */
export const mayBegin = (state: State, version: number): boolean =>
  version > state.version && version <= commonVersion(state);
