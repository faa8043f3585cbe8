import { setImmediate as nextTurn } from "node:timers/promises";
import { fault } from "#sdk/errors.ts";
import { deferred } from "./deferred.ts";
import type { Handler, LogRecord, Subscription } from "./log.ts";

/** What one step of reading a topic gave. */
export interface Fetched {
  readonly records: readonly LogRecord[];
  /** Everything of the topic below this offset has been seen. */
  readonly next: number;
  /** There is nothing more now: wait to be woken. */
  readonly idle: boolean;
}

/** Where a subscription's records come from. */
export interface Source {
  fetch(from: number, max: number): Fetched | Promise<Fetched>;
  /** Gives back what reading holds open. */
  release?(): Promise<void>;
}

export interface SubscriptionParts {
  readonly source: Source;
  /** The first offset to deliver. */
  readonly from: number;
  /** Caught up once everything below this offset is handled. */
  readonly target: number;
  readonly maxBatch: number;
  readonly handler: Handler;
  commit(partition: number, offset: number): Promise<void>;
  /** Commits that wait for company need not wait any longer. */
  flush?(): void;
  /** The subscription has ended: forget it. */
  ended(): void;
}

/** A subscription as its log holds it. */
export interface RunningSubscription extends Subscription {
  /** There may be something new. */
  wake(): void;
  /** Nothing below this offset is new: one that waits need not look there for it later. */
  pass(next: number): void;
}

/** So many batches in a row before other work of the process gets a turn. */
const BATCHES_PER_TURN = 8;

/** One loop: fetch, hand over, go on; one call of the handler at a time. The first comes after the caller has the subscription. */
export const startSubscription = (parts: SubscriptionParts): RunningSubscription => {
  const { source, target, maxBatch, handler } = parts;
  const caughtUp = deferred<void>();
  const done = deferred<void>();
  const commits = new Set<Promise<void>>();
  let closing = false;
  let woken = true;
  let wakeUp: (() => void) | undefined;
  let cursor = parts.from;

  // Whoever waits for it sees the failure; `done` carries it for everyone else.
  caughtUp.promise.catch(() => undefined);

  const wake = (): void => {
    woken = true;
    wakeUp?.();
  };

  const sleep = async (): Promise<void> => {
    if (woken || closing) return;
    await new Promise<void>((resolve) => {
      wakeUp = resolve;
    });
    wakeUp = undefined;
  };

  const subscription: RunningSubscription = {
    wake,
    pass(next) {
      if (wakeUp !== undefined && !woken) cursor = Math.max(cursor, next);
    },
    caughtUp: caughtUp.promise,
    done: done.promise,
    commit(partition, offset) {
      const commit = parts.commit(partition, offset);
      commits.add(commit);
      const forget = () => void commits.delete(commit);
      // A caller need not wait, and a lost commit only repeats: so a failure reaches those who wait and nobody else.
      commit.then(forget, forget);
      return commit;
    },
    async close() {
      closing = true;
      wakeUp?.();
      await ended;
      if (commits.size > 0) parts.flush?.();
      await Promise.allSettled(commits);
    },
  };

  const run = async (): Promise<void> => {
    let inTurn = 0;
    await undefined;
    while (!closing) {
      if (cursor >= target) caughtUp.resolve();
      woken = false;
      const fetched = await source.fetch(cursor, maxBatch);
      if (closing) break;
      if (fetched.records.length > 0) await handler(fetched.records, subscription);
      cursor = fetched.next;
      if (fetched.idle) {
        if (cursor >= target) caughtUp.resolve();
        inTurn = 0;
        await sleep();
      } else if (++inTurn % BATCHES_PER_TURN === 0) {
        await nextTurn();
      }
    }
    if (cursor >= target) caughtUp.resolve();
  };

  const release = async (): Promise<void> => source.release?.();

  const settle = async (): Promise<void> => {
    const outcomes = [...(await Promise.allSettled([run()])), ...(await Promise.allSettled([release()]))];
    parts.ended();
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure === undefined) {
      caughtUp.reject(fault("log-subscription-closed", {}));
      done.resolve();
    } else {
      caughtUp.reject(failure.reason);
      done.reject(failure.reason);
    }
  };
  const ended = settle();
  return subscription;
};
