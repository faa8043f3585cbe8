import type { Cancel, Clock } from "./clock.ts";

/**
 * A clock that stands still until it is told to move; later it may follow another one.
 * The practice cluster is built on it in no time, and then handed over to the real clock.
 */
export interface Timeline extends Clock {
  /** Lets time pass: everything that is due meanwhile runs, in order. */
  advance(ms: number): void;
  /** Lets time pass and nothing happen: what is pending moves along. */
  skip(ms: number): void;
  /** From now on time is `clock`'s; what is pending stays as far ahead as it was. */
  follow(clock: Clock): void;
  /** Takes back everything that is pending and accepts nothing more. */
  stop(): void;
}

interface Timer {
  at: number;
  readonly run: () => void;
}

export function createTimeline(start: number): Timeline {
  const pending = new Set<Timer>();
  const followed = new Map<Timer, Cancel>();
  let now = start;
  let leader: Clock | undefined;
  let stopped = false;

  const earliest = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of pending) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  };

  /** Hands a timer to the clock that is followed. */
  const hand = (timer: Timer, clock: Clock, ms: number) => {
    const cancel = clock.after(ms, () => {
      followed.delete(timer);
      timer.run();
    });
    followed.set(timer, cancel);
  };

  const still = () => {
    if (leader) throw new Error("this timeline follows a clock and cannot be moved by hand");
  };

  return {
    now: () => leader?.now() ?? now,
    after(ms, run) {
      const timer: Timer = { at: now + Math.max(0, ms), run };
      if (stopped) return () => undefined;
      if (leader) hand(timer, leader, Math.max(0, ms));
      else pending.add(timer);
      return () => {
        pending.delete(timer);
        followed.get(timer)?.();
        followed.delete(timer);
      };
    },
    advance(ms) {
      still();
      const end = now + ms;
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
        pending.delete(timer);
        now = Math.max(now, timer.at);
        timer.run();
      }
      now = end;
    },
    skip(ms) {
      still();
      now += ms;
      for (const timer of pending) timer.at += ms;
    },
    follow(clock) {
      still();
      leader = clock;
      for (const timer of pending) hand(timer, clock, timer.at - now);
      pending.clear();
    },
    stop() {
      stopped = true;
      pending.clear();
      for (const cancel of followed.values()) cancel();
      followed.clear();
    },
  };
}
