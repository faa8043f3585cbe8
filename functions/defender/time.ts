import type { InputRecord } from "./input.ts";
import type { State } from "./state.ts";
import { passVouched } from "./vouched.ts";

/**
 * A log whose inputs say nothing of time: a longer step between two records counts as this long, either way. What its clock falls back by is
 * owed, and nothing passes until it is made up for: or else each change between brokers whose clocks differ would bring time
 * that never was.
 */
const LONGEST_STEP = 30_000;

/**
 * Lets time pass up to the record. What cannot be known to have passed does not count: no window empties because a clock
 * jumped, or another machine goes on. But what was heard before is then forgotten, as it may be older than it looks.
 */
export function advance(state: State, { time, stamp, from }: InputRecord): void {
  const { time: clock } = state;
  const isFirst = clock.utc === 0;
  const utc = stamp?.utc ?? time;
  let elapsed: number;
  let isSure: boolean;
  if (stamp) {
    const isSame = stamp.boot === clock.boot && stamp.ticks >= clock.ticks;
    elapsed = isSame ? stamp.ticks - clock.ticks : 0;
    isSure = isSame && Math.abs(utc - clock.utc - elapsed) <= state.config.settings.epsilon;
    // Ticks that go back within one boot are a lie or a fault: the highest stays the measure.
    if (isSame || stamp.boot !== clock.boot) clock.ticks = stamp.ticks;
    clock.boot = stamp.boot;
  } else if (from) {
    elapsed = passVouched(state, from);
    isSure = isFirst || Math.abs(utc - clock.utc - elapsed) <= state.config.settings.epsilon;
  } else {
    const step = isFirst ? 0 : utc - clock.utc;
    const net = Math.min(Math.max(step, -LONGEST_STEP), LONGEST_STEP) - clock.debt;
    elapsed = Math.max(net, 0);
    clock.debt = elapsed - net;
    const { epsilon } = state.config.settings;
    isSure = Math.abs(step - elapsed) <= epsilon && clock.debt <= epsilon;
  }
  clock.now += elapsed;
  clock.utc = utc;
  if (isSure) return;
  state.heartbeats.clear();
  state.executors.clear();
}

/** Numbers have no gaps: where one is missing a grant may be, so the journal counts as lost. */
export function countOn(state: State, { stamp }: InputRecord): void {
  if (!stamp) return;
  if (stamp.count !== state.count + 1) state.initialised = false;
  state.count = stamp.count;
}
