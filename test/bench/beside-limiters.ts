/** The defender's windows beside what people use to limit rates. */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { fullUntil, Windows } from "../../functions/defender/windows.ts";

const KEYS = 100_000;
const SECOND = 1_000;
const PERIODS = [60, 300, 3_600, 86_400];
/** More than is asked for: each of four windows takes a token every time. */
const MOST = 10;

const cpu = async (work: () => Promise<void> | void): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
};
const heap = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
};
const keys = Array.from({ length: KEYS }, (_, n) => `cluster-${n % 300}\nnode-${n}`);
const inDisorder = (round: number, use: (key: string) => unknown) => {
  for (let i = 0; i < KEYS; i++) use(keys[(i * 7_919 + round) % KEYS]!);
};

export interface Beside {
  readonly own: { readonly us: number; readonly bytes: number };
  readonly peer: { readonly us: number; readonly bytes: number };
}

/** Four windows per key, 100,000 keys in no order, ten rounds: CPU per decision, and bytes a key. */
export async function besideLimiters(): Promise<Beside> {
  const start = heap();
  const windows = new Windows();
  let now = 0;
  const own = await cpu(() => {
    for (let round = 0; round < MOST; round++) {
      now += 1;
      inDisorder(round, (key) => {
        const moments = windows.of(key);
        for (const period of PERIODS) if (now <= fullUntil(moments, MOST, period * SECOND)) return;
        windows.add(key, now);
      });
    }
  });
  const ownBytes = heap() - start;
  const between = heap();
  const limiters = PERIODS.map(
    (duration) => new RateLimiterMemory({ points: MOST, duration, keyPrefix: `${duration}` }),
  );
  const peer = await cpu(async () => {
    for (let round = 0; round < MOST; round++)
      for (let i = 0; i < KEYS; i++) {
        const key = keys[(i * 7_919 + round) % KEYS]!;
        await Promise.all(limiters.map((limiter) => limiter.consume(key)));
      }
  });
  const peerBytes = heap() - between;
  const each = MOST * KEYS;
  if (windows.size !== KEYS) throw new Error("not every key was counted");
  for (const key of keys) for (const limiter of limiters) await limiter.delete(key);
  return {
    own: { us: own / each, bytes: ownBytes / KEYS },
    peer: { us: peer / each, bytes: peerBytes / KEYS },
  };
}

type Limiter = (now: number) => boolean;
const MADE: Readonly<Record<string, (most: number, per: number) => Limiter>> = {
  own: (most, per) => {
    const windows = new Windows();
    return (now) => {
      if (now <= fullUntil(windows.of(""), most, per)) return false;
      windows.add("", now);
      return true;
    };
  },
  "fixed window": (most, per) => {
    let [window, used] = [-1, 0];
    return (now) => {
      const at = Math.floor(now / per);
      if (at !== window) [window, used] = [at, 0];
      return used < most && ++used > 0;
    };
  },
  "token bucket": (most, per) => {
    let [tokens, last] = [most, 0];
    return (now) => {
      tokens = Math.min(most, tokens + ((now - last) * most) / per);
      last = now;
      return tokens >= 1 && (tokens -= 1) >= 0;
    };
  },
  GCRA: (most, per) => {
    let due = 0;
    return (now) => {
      const next = Math.max(due, now) + per / most;
      if (next - now > per) return false;
      due = next;
      return true;
    };
  },
};

/** The most that any window of `per` ms held, whenever a burst begins: one that was idle, then is asked all the time. */
function worst(make: (most: number, per: number) => Limiter, per: number): number {
  let most = 0;
  for (let phase = 0; phase < 2 * per; phase += per / 20) {
    const allows = make(MOST, per);
    const granted: number[] = [];
    if (allows(0)) granted.push(0);
    for (let now = phase; now < phase + 3 * per; now++) while (allows(now)) granted.push(now);
    most = Math.max(most, worstOf(granted, per));
  }
  return most;
}

function worstOf(granted: readonly number[], per: number): number {
  let [most, from] = [0, 0];
  for (const [at, now] of granted.entries()) {
    while (now - granted[from]! >= per) from += 1;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

/** In real time, as it knows no other: its window begins with the first request, the burst comes at its end. */
async function worstOfPeer(): Promise<number> {
  const limiter = new RateLimiterMemory({ points: MOST, duration: 1 });
  const granted: number[] = [];
  const ask = async () => {
    const now = performance.now();
    if (
      await limiter.consume("key").then(
        () => true,
        () => false,
      )
    )
      granted.push(now);
  };
  await ask();
  const start = granted[0]!;
  while (performance.now() < start + 1_500) {
    if (performance.now() > start + 900) for (let n = 0; n < MOST; n++) await ask();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return worstOf(granted, SECOND);
}

/** The worst count in any window, for ten. */
export async function worstCounts(): Promise<Readonly<Record<string, number>>> {
  const counts = Object.fromEntries(Object.entries(MADE).map(([name, make]) => [name, worst(make, SECOND)]));
  return { ...counts, "rate-limiter-flexible": await worstOfPeer() };
}
