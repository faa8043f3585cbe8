/**
 * Proves a session alive: a small GET goes out every few seconds while the session is in use. (Pings are answered by
 * servers that answer nothing else.)
 */
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Timeouts } from "./transport.ts";

/** Waiting is counted in so many parts: while this process is too busy to read an answer, at most one of them passes. */
const TICKS = 10;

export interface HeartbeatOptions {
  readonly timeouts: Timeouts;
  readonly clock: Pick<Clock, "monotonic">;
  /** Nothing is asked while this is false. */
  readonly inUse: () => boolean;
  /** Asks for something small and gives the status. */
  readonly ask: () => Promise<number>;
  /** Answered by the server itself: the monotonic moment at which it was asked. */
  readonly alive: (sentAt: number) => void;
  /** Unanswered. */
  readonly dead: () => void;
}

/** Starts it; gives the way to stop it. */
export function startHeartbeat(options: HeartbeatOptions): () => void {
  const { timeouts, clock, inUse, ask, alive, dead } = options;
  let waiting = false;
  let stopped = false;
  const beat = async () => {
    if (waiting || !inUse()) return;
    waiting = true;
    let over = false;
    let left = TICKS;
    const tick = () => {
      left -= 1;
      // What has come in meanwhile is read first, and then it is judged.
      if (left === 0) setImmediate(() => over || stopped || dead());
    };
    const deadline = setInterval(tick, timeouts.heartbeatAnswer / TICKS).unref();
    const sentAt = clock.monotonic();
    try {
      const status = await ask();
      // 502 to 504 may come from something in between that has lost the server.
      if (!stopped && status < 500) alive(sentAt);
    } catch {
      // The stream failed: either the session did, and says so itself, or the next beat will tell.
    } finally {
      over = true;
      clearInterval(deadline);
      waiting = false;
    }
  };
  const timer = setInterval(() => void beat(), timeouts.heartbeat).unref();
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}
