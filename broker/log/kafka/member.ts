import { setTimeout as pause } from "node:timers/promises";
import { fault } from "#sdk/errors.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import { deferred } from "../deferred.ts";
import { Commits } from "./commits.ts";
import { isPassing, refusal } from "./kafka-fault.ts";
import {
  commitOffsets,
  committedOffsets,
  findCoordinator,
  type Generation,
  type GroupName,
  heartbeat,
  join,
  leave,
  type Times,
} from "./membership.ts";
import type { Nodes } from "./nodes.ts";
import type { Trouble } from "./trouble.ts";
import type { WireError } from "./wire.ts";

export interface MemberParts {
  readonly nodes: Nodes;
  readonly name: GroupName;
  readonly times: Times;
  readonly clock: Pick<Clock, "monotonic">;
  readonly trouble: Trouble;
  partitions(): Promise<number>;
  /** These are read here from now on; what the group has committed of them. */
  assigned(partitions: readonly number[], committed: ReadonlyMap<number, number>): Promise<void>;
  /** Partitions are about to move: resolves when the work in hand is done. Nothing new is begun meanwhile. */
  revoking(): Promise<void>;
  /** All are someone else's by now: stop at once. */
  lost(): void;
  /** The coordinator was heard: what `isCurrent` held back may go on. */
  heard(): void;
  failed(error: unknown): void;
}

const RETRY = 200;
/** How long a close may wait for a coordinator that does not answer. */
const PARTING = 5_000;

/**
 * A member of a consumer group. Its heartbeats come from a timer of their own, so that no handler, however slow, costs it
 * its partitions. When partitions move it finishes what it has in hand, commits, and only then joins anew.
 */
export class Member {
  readonly #parts: MemberParts;
  readonly #closing = new AbortController();
  readonly #commits: Commits;
  /** Resolves with the first generation, or when there will be none. */
  readonly #joined = deferred<void>();
  #generation: Generation | undefined;
  #coordinator: number | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #member = "";
  #running: Promise<void> = Promise.resolve();

  constructor(parts: MemberParts) {
    this.#parts = parts;
    // Whoever waits for it is told.
    this.#joined.promise.catch(() => undefined);
    this.#commits = new Commits({
      topic: parts.name.topic,
      send: (generation, offsets) => this.#commit(generation, offsets),
    });
  }

  /** Whether the partitions are surely still read here: a process that stood still for long may find them with others. */
  get isCurrent(): boolean {
    return this.#parts.clock.monotonic() - this.#heardAt < this.#parts.times.session;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Before it is known which partitions are read here it waits. Rejects with `log-partition-lost` where the partition is another's. */
  async commit(partition: number, offset: number): Promise<void> {
    if (this.#generation === undefined) await this.#joined.promise;
    const generation = this.#generation;
    if (generation === undefined || !generation.partitions.includes(partition))
      throw fault("log-partition-lost", { topic: this.#parts.name.topic, partition });
    await this.#commits.add(generation, partition, offset);
  }

  /** Commits what is to be committed and leaves, so that others need not wait for a silence. */
  async close(): Promise<void> {
    const { nodes, name } = this.#parts;
    await Promise.race([this.#commits.flushed(), pause(PARTING, undefined, { ref: false })]);
    this.#closing.abort();
    this.#commits.end();
    this.#joined.resolve();
    const [coordinator, member] = [this.#coordinator, this.#member];
    if (coordinator !== undefined && member !== "") {
      const leaving = leave(nodes, coordinator, name.group, member).catch(() => undefined);
      await Promise.race([leaving, pause(1_000, undefined, { ref: false })]);
    }
    // What it waits for may be an answer that never comes.
    await nodes.close();
    await this.#running;
    this.#parts.trouble.over("group", this);
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        // What came between is not known where joining failed: others may have gone on with what was read here.
        await this.#join().catch((e) => {
          this.#lose();
          throw e;
        });
        this.#parts.trouble.over("group", this);
        await this.#stay();
      } catch (e) {
        if (this.#closing.signal.aborted) return;
        const { type } = e as WireError;
        const isUnknown = type === "UNKNOWN_MEMBER_ID" || type === "FENCED_INSTANCE_ID";
        if (isUnknown) this.#member = "";
        if (type === "REBALANCE_IN_PROGRESS" || type === "ILLEGAL_GENERATION" || isUnknown) continue;
        if (!isPassing(e)) {
          const refused = refusal(this.#parts.name.topic, e);
          this.#joined.reject(refused);
          return this.#parts.failed(refused);
        }
        this.#parts.trouble.met("group", e, this);
        this.#coordinator = undefined;
        await this.#rest(RETRY);
      }
    }
  }

  async #join(): Promise<void> {
    const { nodes, name, times, partitions } = this.#parts;
    const count = await partitions();
    this.#coordinator ??= await findCoordinator(nodes, name.group);
    const owned = this.#generation?.partitions ?? [];
    const generation = await join(nodes, this.#coordinator, name, {
      times,
      member: this.#member,
      owned,
      partitions: count,
    });
    this.#member = generation.member;
    if (this.#closing.signal.aborted) return;
    this.#generation = generation;
    this.#hear(this.#parts.clock.monotonic());
    this.#joined.resolve();
    const fresh = generation.partitions.filter((partition) => !owned.includes(partition));
    const committed =
      fresh.length === 0 ? new Map<number, number>() : await committedOffsets(nodes, this.#coordinator, name, fresh);
    await this.#parts.assigned(generation.partitions, committed);
  }

  /** Returns when it has to join anew. */
  async #stay(): Promise<void> {
    const { nodes, name, times, clock, trouble } = this.#parts;
    while (!this.#closing.signal.aborted) {
      await this.#rest(times.session / 4);
      if (this.#closing.signal.aborted) return;
      try {
        this.#coordinator ??= await findCoordinator(nodes, name.group);
        const sent = clock.monotonic();
        await heartbeat(nodes, this.#coordinator, name.group, this.#generation!);
        this.#hear(sent);
        trouble.over("group", this);
      } catch (e) {
        const { type } = e as WireError;
        if (type === "REBALANCE_IN_PROGRESS") return this.#yield();
        const isOut = type === "UNKNOWN_MEMBER_ID" || type === "ILLEGAL_GENERATION" || type === "FENCED_INSTANCE_ID";
        if (isOut || !isPassing(e) || !this.isCurrent) {
          this.#lose();
          throw e;
        }
        trouble.met("group", e, this);
        this.#coordinator = undefined;
      }
    }
  }

  /** Hands over: the work in hand is finished and committed, while heartbeats go on. */
  async #yield(): Promise<void> {
    const { nodes, name, times, revoking } = this.#parts;
    let isDone = false;
    const done = revoking()
      .then(() => this.#commits.flushed())
      .then(() => {
        isDone = true;
      });
    while (!isDone && !this.#closing.signal.aborted) {
      await Promise.race([done, this.#rest(times.session / 4)]);
      if (isDone) return;
      await heartbeat(nodes, this.#coordinator!, name.group, this.#generation!).catch((e: WireError) => {
        if (e.type === "UNKNOWN_MEMBER_ID" || e.type === "ILLEGAL_GENERATION") {
          this.#lose();
          throw e;
        }
      });
    }
  }

  #hear(at: number): void {
    this.#heardAt = at;
    this.#parts.heard();
  }

  #lose(): void {
    this.#generation = undefined;
    this.#commits.lose();
    this.#parts.lost();
  }

  async #commit(generation: Generation, offsets: ReadonlyMap<number, number>): Promise<"done" | "lost"> {
    const { nodes, name, trouble } = this.#parts;
    for (;;) {
      if (this.#generation?.number !== generation.number || this.#closing.signal.aborted) return "lost";
      try {
        this.#coordinator ??= await findCoordinator(nodes, name.group);
        await commitOffsets(nodes, this.#coordinator, name, generation, offsets);
        return "done";
      } catch (e) {
        const { type } = e as WireError;
        if (type === "UNKNOWN_MEMBER_ID" || type === "ILLEGAL_GENERATION") return "lost";
        if (!isPassing(e)) throw refusal(name.topic, e);
        trouble.met("group", e, this);
        this.#coordinator = undefined;
        await this.#rest(RETRY);
      }
    }
  }

  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
