/** Where time comes from. Given to whatever needs it, so that a test can say what time it is. */
export interface Clock {
  /** Unix ms. It may jump. */
  now(): number;
  /** ms that never fall, from any beginning. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
