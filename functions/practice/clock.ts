/** Time as everything here sees it, so that a test can hold it in its hand. */
export interface Clock {
  /** Unix ms. */
  now(): number;
  /** Calls `run` once, `ms` from now. The answer takes it back. */
  after(ms: number, run: () => void): Cancel;
}

export type Cancel = () => void;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Calls `run` every `ms` until it is taken back. */
export function every(clock: Clock, ms: number, run: () => void): Cancel {
  let cancel = clock.after(ms, tick);
  function tick() {
    cancel = clock.after(ms, tick);
    run();
  }
  return () => cancel();
}

/** RFC 3339 in whole seconds, as most of Kubernetes' fields have it. */
export const timestamp = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");

/** RFC 3339 in microseconds, as leases and events have it. */
export const microTimestamp = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");
