import type { Clock } from "#sdk/runtime/clock.ts";
import { groupBy } from "./group-by.ts";
import { isPassing, refusal } from "./kafka-fault.ts";
import type { Entry, Lane } from "./lane.ts";
import type { Leaders } from "./leaders.ts";
import type { Trouble } from "./trouble.ts";
import type { Produce, Produced, WireError } from "./wire.ts";

export interface ProducerParts {
  readonly clock: Clock;
  readonly leaders: Pick<Leaders, "known" | "leader" | "stale">;
  readonly trouble: Trouble;
  /** How long an append waits for others to share a request with, in ms. */
  readonly linger: number;
  readonly pack: boolean;
  send(node: number, parts: readonly Produce[]): Promise<readonly Produced[]>;
}

const FIRST_RETRY = 50;
const LAST_RETRY = 2_000;
/** So much goes into one request. */
const REQUEST_BYTES = 24 * 1024 * 1024;

/**
 * Sends what lanes hold: one request at a time to each node, with a batch of every partition that it leads. What could not
 * be stored is sent again, for as long as it takes, before anything that follows it in its partition.
 */
export class Producer {
  readonly #parts: ProducerParts;
  readonly #ready = new Set<Lane>();
  readonly #busy = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Who leads some lanes is being asked. */
  #looking = false;
  #closing = false;
  #stopped = false;

  constructor(parts: ProducerParts) {
    this.#parts = parts;
  }

  push(lane: Lane, entry: Entry): void {
    lane.push(entry);
    this.ready(lane);
  }

  /** The lane has something to send. */
  ready(lane: Lane): void {
    if (lane.isAway) return;
    this.#ready.add(lane);
    this.#later(this.#closing ? 0 : this.#parts.linger);
  }

  /** Nothing waits for company any more. */
  hurry(): void {
    this.#closing = true;
    this.#later(0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#ready.clear();
  }

  #later(ms: number): void {
    if (this.#stopped) return;
    const at = this.#parts.clock.monotonic() + ms;
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#flush();
    }, ms);
  }

  #flush(): void {
    const now = this.#parts.clock.monotonic();
    const unknown: Lane[] = [];
    const known: [node: number, lane: Lane][] = [];
    for (const lane of this.#ready) {
      if (lane.isIdle) this.#ready.delete(lane);
      else if (lane.notBefore > now) this.#later(lane.notBefore - now);
      else {
        const leader = this.#parts.leaders.known(lane.topic, lane.partition);
        if (leader === undefined) unknown.push(lane);
        else known.push([leader, lane]);
      }
    }
    for (const [node, own] of groupBy(known, ([leader]) => leader)) {
      // What is held back by a request on its way goes with the next one, which its end begins.
      if (!this.#busy.has(node)) {
        void this.#send(
          node,
          own.map(([, lane]) => lane),
        );
      }
    }
    if (unknown.length > 0 && !this.#looking) void this.#look(unknown);
  }

  /** Finds out who leads them; whatever comes of it, each is tried again. */
  async #look(lanes: readonly Lane[]): Promise<void> {
    this.#looking = true;
    await Promise.all(
      lanes.map(async (lane) => {
        const { topic, partition } = lane;
        try {
          const leader = await this.#parts.leaders.leader(topic, partition);
          if (leader === undefined) this.#failed(lane, new Error(`nobody leads ${topic}/${partition} at present`));
        } catch (e) {
          this.#failed(lane, e);
        }
      }),
    );
    this.#looking = false;
    this.#later(0);
  }

  async #send(node: number, lanes: readonly Lane[]): Promise<void> {
    this.#busy.add(node);
    const away: Lane[] = [];
    const parts: Produce[] = [];
    let bytes = 0;
    for (const lane of lanes) {
      if (bytes >= REQUEST_BYTES) break;
      const batch = lane.batch(this.#parts.clock.now(), this.#parts.pack);
      bytes += batch.length;
      lane.isAway = true;
      this.#ready.delete(lane);
      away.push(lane);
      parts.push({ topic: lane.topic, partition: lane.partition, batch });
    }
    let outcomes: readonly Produced[] = [];
    let failure: unknown = new Error("the broker left it out of its answer");
    try {
      outcomes = await this.#parts.send(node, parts);
    } catch (e) {
      failure = e;
    }
    this.#busy.delete(node);
    for (const lane of away) {
      lane.isAway = false;
      const outcome = outcomes.find(({ topic, partition }) => topic === lane.topic && partition === lane.partition);
      if (outcome !== undefined && outcome.error === undefined) {
        this.#parts.trouble.over("append", lane);
        lane.acknowledged(outcome.base, outcome.time);
      } else {
        // Who leads it may be another by now.
        this.#parts.leaders.stale();
        this.#failed(lane, outcome?.error ?? failure);
      }
      if (!lane.isIdle) this.#ready.add(lane);
    }
    if (this.#ready.size > 0) this.#later(0);
  }

  #failed(lane: Lane, error: unknown): void {
    const { trouble, clock } = this.#parts;
    const isTooLarge = TOO_LARGE.has((error as WireError).type ?? "");
    if (isTooLarge && lane.halve()) return;
    if (isTooLarge || !isPassing(error)) {
      trouble.over("append", lane);
      lane.refused(refusal(lane.topic, error, isTooLarge ? lane.batchBytes : 0));
      return;
    }
    trouble.met("append", error, lane);
    lane.failures += 1;
    lane.notBefore = clock.monotonic() + Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (lane.failures - 1));
  }
}

const TOO_LARGE = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);
