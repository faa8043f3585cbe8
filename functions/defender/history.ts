import { type Config, IDS, IN_FLIGHT } from "./config.ts";
import { compileRules, keysOf } from "./rules.ts";
import type { Granted, State } from "./state.ts";
import { Windows } from "./windows.ts";

/** Counts a grant in every window and as under way. */
export function remember(state: State, granted: Granted): void {
  state.history.push(granted);
  countIn(state, granted);
  state.open.set(granted.fence, granted);
  state.opened.push(granted.fence);
  countOpen(state, granted, 1);
}

/** Of grants that are not settled yet nobody knows how late they came: they were given at this moment, defender time. */
export function renew(state: State, at: number): void {
  /** Per group and key: how many are renewed. */
  const renewed = state.rules.groups.map(() => new Map<string, number>());
  for (const granted of state.history.newest()) {
    if (granted.fence <= state.settled) break;
    granted.at = at;
    for (const [group, key] of keysOf(state.rules.groups, granted.place).entries()) {
      if (key === undefined) continue;
      const count = (renewed[group]!.get(key) ?? 0) + 1;
      renewed[group]!.set(key, count);
      state.windows[group]!.renew(key, count, at);
    }
  }
}

/** It has ended: it is under way no more. Its tokens stay spent until their windows have passed. */
export function end(state: State, fence: number): boolean {
  const granted = state.open.get(fence);
  if (!granted) return false;
  state.open.delete(fence);
  countOpen(state, granted, -1);
  return true;
}

/** Forgets what decides nothing any more. */
export function expire(state: State): void {
  const { now } = state.time;
  for (let oldest = state.history.first; oldest; oldest = state.history.first) {
    if (now - oldest.at <= state.rules.horizon) break;
    state.history.drop();
    state.dropped = oldest.at;
    for (const [group, key] of keysOf(state.rules.groups, oldest.place).entries())
      if (key !== undefined) state.windows[group]!.drop(key);
  }
  for (let fence = state.opened.first; fence !== undefined; fence = state.opened.first) {
    const granted = state.open.get(fence);
    if (granted && now - granted.at <= IN_FLIGHT) break;
    end(state, fence);
    state.opened.drop();
  }
  for (let id = state.idsInOrder.first; id !== undefined; id = state.idsInOrder.first) {
    const { at, due } = state.ids.get(id)!;
    if (now - at <= IDS.age && state.ids.size <= IDS.most) break;
    state.ids.delete(id);
    state.idsInOrder.drop();
    if (due !== undefined) state.forgotten = Math.max(state.forgotten, due);
  }
}

/** Other budgets from here on, over the same past. Of what was forgotten under shorter windows `dropped` tells. */
export function reconfigure(state: State, config: Config): void {
  state.config = config;
  state.rules = compileRules(config, state.caps);
  recount(state);
}

/** Makes what is made of `history` and `open`. */
export function recount(state: State): void {
  state.windows = state.rules.groups.map(() => new Windows());
  state.inFlight = state.rules.groups.map(() => new Map());
  for (const granted of state.history) countIn(state, granted);
  for (const granted of state.open.values()) countOpen(state, granted, 1);
}

function countIn(state: State, { at, place }: Granted): void {
  for (const [group, key] of keysOf(state.rules.groups, place).entries())
    if (key !== undefined) state.windows[group]!.add(key, at);
}

function countOpen(state: State, { place }: Granted, by: 1 | -1): void {
  for (const [group, key] of keysOf(state.rules.groups, place).entries()) {
    if (key === undefined) continue;
    const counts = state.inFlight[group]!;
    const count = (counts.get(key) ?? 0) + by;
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  }
}
