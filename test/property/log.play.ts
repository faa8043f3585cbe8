import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Log, LogRecord, NewRecord, Position, Subscription } from "#broker/log/log.ts";
import { type Draw, GROUPS, type Step, TOPICS } from "./log.history.ts";
import type { World } from "./log.world.ts";

interface Batch {
  readonly id: number;
  readonly records: readonly NewRecord[];
  /** `held` for certain, `open` while nobody knows, `refused`: told that it is not kept. */
  state: "held" | "open" | "refused";
  positions: readonly Position[];
}

interface Live {
  readonly topic: string;
  /** How many records of the topic there were before the first that it must see. */
  readonly skip: number;
  readonly seen: LogRecord[];
  readonly subscription: Subscription;
}

const topicName = (topic: number): string => `t${topic}`;
const TOPIC_NAMES = Array.from({ length: TOPICS }, (_, n) => topicName(n));
const groupId = (group: number, topic: string): string => `g${group} ${topic}`;

const same = (record: LogRecord, given: NewRecord, what: string): void => {
  const { topic, key, headers, value } = record;
  assert.deepEqual({ topic, key, headers, value }, { ...given }, what);
};

/**
 * Plays a history on a log and compares with a model that is a list. Throws at the first difference.
 *
 * What the model promises: the log holds the batches in the order of the calls, each whole; every one that was confirmed,
 * none that was refused (unless the power failed before the next one was confirmed), and of those nobody knows about after a
 * crash the first few.
 */
export class Play {
  readonly #world: World;
  #log!: Log;
  #batches: Batch[] = [];
  #waiting: Promise<unknown>[] = [];
  #lives: Live[] = [];
  /** What a group may have committed: the last that was confirmed, and all that came after it. */
  #committed = new Map<string, number[]>();
  #ids = 0;
  #lastTime = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async run(history: readonly Step[]): Promise<void> {
    this.#log = await this.#world.open();
    for (const step of history) await this.#step(step);
    await this.#settle();
    await this.#endLives();
    for (const topic of TOPIC_NAMES) await this.#checkRead(topic, 0);
    for (const topic of TOPIC_NAMES)
      for (let group = 0; group < GROUPS; group++) await this.#consume(topic, group, 500, 0);
    await this.#log.close();
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case "append": {
        const append = this.#append(step.batch);
        if (step.wait) await append;
        return;
      }
      case "settle":
        return this.#settle();
      case "read":
        return this.#checkRead(topicName(step.topic), step.from);
      case "commit":
        return this.#commit(step);
      case "consume":
        await this.#settle();
        return this.#consume(topicName(step.topic), step.group, step.maxBatch, step.stopAfter);
      case "live":
        return this.#goLive(step);
      case "restart":
        return this.#restart(step.clock);
      case "crash":
        return this.#crash(step);
      case "trouble":
        this.#world.trouble?.(step.errno, step.on, step.times);
    }
  }

  /** Resolves when the log has answered, whatever it said. */
  #append(draws: readonly Draw[]): Promise<void> {
    const id = this.#ids++;
    // Of one length, so that frames are.
    const name = String(id).padStart(4, "0");
    const records = draws.map(({ topic, key, size }, at) => ({
      topic: topicName(topic),
      key: JSON.stringify([`k${key}`]),
      headers: at === 0 ? { batch: name } : {},
      value: `${name}.${at}.${"x".repeat(size)}`,
    }));
    const batch: Batch = { id, records, state: "open", positions: [] };
    this.#batches.push(batch);
    const answered = this.#log.append(records).then(
      (positions) => {
        batch.state = "held";
        batch.positions = positions;
      },
      () => {
        batch.state = "refused";
      },
    );
    this.#waiting.push(answered);
    return answered;
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#waiting.splice(0));
    // What was refused may be there after a crash until the next write has voided it.
    const lastHeld = this.#batches.findLastIndex(({ state }) => state === "held");
    this.#batches = this.#batches.filter(({ state }, at) => state !== "refused" || at > lastHeld);
  }

  #recordsOf(topic: string, states: readonly Batch["state"][]): { given: NewRecord; position: Position | undefined }[] {
    return this.#batches
      .filter(({ state }) => states.includes(state))
      .flatMap(({ records, positions }) => records.map((given, at) => ({ given, position: positions[at] })))
      .filter(({ given }) => given.topic === topic);
  }

  /** Compares what was read with the model, and what is promised of any sequence of records. */
  #checkSequence(
    got: readonly LogRecord[],
    expected: readonly { given: NewRecord; position: Position | undefined }[],
    what: string,
  ): void {
    for (const [at, record] of got.entries()) {
      assert.ok(at < expected.length, `${what}: more than was appended, ${record.value?.slice(0, 12)}`);
      same(record, expected[at]!.given, what);
      const { position } = expected[at]!;
      if (position !== undefined) {
        assert.equal(record.offset, position.offset, `${what}: offset`);
        assert.equal(record.time, position.time, `${what}: time`);
      }
      const before = got[at - 1];
      if (before === undefined) continue;
      assert.ok(before.offset < record.offset, `${what}: offsets rise`);
      assert.ok(before.time <= record.time, `${what}: times do not fall`);
    }
  }

  async #readAll(topic: string, from: number): Promise<LogRecord[]> {
    const got: LogRecord[] = [];
    for await (const batch of this.#log.read(topic, { from })) got.push(...batch);
    return got;
  }

  async #checkRead(topic: string, from: number): Promise<void> {
    const certain = this.#recordsOf(topic, ["held"]).filter(({ position }) => position!.offset >= from).length;
    const got = await this.#readAll(topic, from);
    // What is open may have been confirmed meanwhile; what was refused is not to be seen.
    const expected = this.#recordsOf(topic, ["held", "open"]).filter(
      ({ position }) => (position?.offset ?? from) >= from,
    );
    assert.ok(got.length >= certain, `read ${topic} from ${from}: ${got.length} of ${certain}`);
    if (from === 0) this.#checkSequence(got, expected, `read ${topic}`);
    else
      this.#checkSequence(
        got,
        got.length > certain ? expected : expected.slice(0, got.length),
        `read ${topic} from ${from}`,
      );
    for (const { offset } of got) assert.ok(offset >= from, "nothing before `from`");
    assert.ok((await this.#log.end(topic)) > (got.at(-1)?.offset ?? -1), "the end is past the last record");
  }

  async #commit({ topic, group, at, wait }: Extract<Step, { do: "commit" }>): Promise<void> {
    await this.#settle();
    const name = topicName(topic);
    const held = this.#recordsOf(name, ["held"]);
    if (held.length === 0) return;
    const offset = held[at % held.length]!.position!.offset;
    const subscription = this.#log.subscribe({ topic: name, group: `g${group}`, from: "end" }, () => undefined);
    const id = groupId(group, name);
    const known = this.#committed.get(id) ?? [-1];
    this.#committed.set(id, [...known, offset]);
    const commit = subscription.commit(0, offset).then(
      () => {
        const all = this.#committed.get(id)!;
        this.#committed.set(id, all.slice(all.lastIndexOf(offset)));
      },
      () => undefined,
    );
    this.#waiting.push(commit);
    if (wait) await commit;
    await subscription.close();
  }

  /** Reads as a group does: what comes must begin where it may have committed. Commits after each batch but the last few. */
  async #consume(topic: string, group: number, maxBatch: number, stopAfter: number): Promise<void> {
    const id = groupId(group, topic);
    const seen: LogRecord[] = [];
    let batches = 0;
    let confirmed: number | undefined;
    const subscription = this.#log.subscribe({ topic, group: `g${group}`, maxBatch }, async (records, self) => {
      assert.ok(records.length > 0 && records.length <= maxBatch, "the size of a batch");
      seen.push(...records);
      batches += 1;
      if (batches > stopAfter) return;
      const next = records.at(-1)!.offset + 1;
      this.#committed.set(id, [...(this.#committed.get(id) ?? [-1]), next]);
      try {
        await self.commit(0, next);
        confirmed = next;
      } catch (error) {
        assert.ok((error as { code?: string }).code?.startsWith("log-"), `a commit failed with ${error}`);
      }
    });
    const held = this.#recordsOf(topic, ["held"]);
    const before = this.#committed.get(id) ?? [-1];
    await subscription.caughtUp;
    await subscription.close();
    const fits = before.filter((start) => {
      const expected = held.filter(({ position }) => position!.offset >= start);
      return (
        expected.length === seen.length && expected.every(({ position }, at) => position!.offset === seen[at]!.offset)
      );
    });
    assert.ok(fits.length > 0, `${id}: saw ${seen.map(({ offset }) => offset)}, committed was one of ${before}`);
    this.#checkSequence(seen, held.slice(held.length - seen.length), `consume ${id}`);
    const since = confirmed === undefined ? fits : [confirmed];
    this.#committed.set(id, [...since, ...(this.#committed.get(id) ?? []).slice(before.length)]);
  }

  async #goLive({ topic, from, maxBatch }: Extract<Step, { do: "live" }>): Promise<void> {
    await this.#settle();
    const name = topicName(topic);
    const seen: LogRecord[] = [];
    const subscription = this.#log.subscribe({ topic: name, from, maxBatch }, (records) => void seen.push(...records));
    const skip = from === "start" ? 0 : this.#recordsOf(name, ["held"]).length;
    this.#lives.push({ topic: name, skip, seen, subscription });
  }

  /** Everything that was confirmed has been delivered by then, once and in order. */
  async #endLives(): Promise<void> {
    for (const { topic, skip, seen, subscription } of this.#lives.splice(0)) {
      const expected = this.#recordsOf(topic, ["held"]).slice(skip);
      for (let turns = 0; seen.length < expected.length && turns < 300; turns++) await nextTurn();
      await subscription.close();
      assert.equal(seen.length, expected.length, `live ${topic}: all of it and no more`);
      this.#checkSequence(seen, expected, `live ${topic}`);
    }
  }

  async #restart(clock: number): Promise<void> {
    if (this.#world.power === undefined) return;
    await this.#settle();
    await this.#endLives();
    this.#world.trouble?.("EIO", [], 0);
    await this.#log.close();
    this.#batches = this.#batches.filter(({ state }) => state !== "refused");
    this.#world.now.value += clock;
    this.#log = await this.#world.open();
    await this.#checkAll("restart");
  }

  async #crash({ after, batches, commit, kill, seed, clock, again }: Extract<Step, { do: "crash" }>): Promise<void> {
    const { power } = this.#world;
    if (power === undefined) return;
    const gone = power.failAfter(after);
    for (const draws of batches) void this.#append(draws);
    if (commit) void this.#commitInFlight();
    await Promise.race([gone, Promise.all(this.#waiting)]);
    this.#waiting = [];
    const lives = this.#lives.splice(0);
    if (kill) power.restart();
    else power.restore(seed);
    this.#world.now.value += clock;
    if (again !== null) {
      const goneAgain = power.failAfter(again);
      await Promise.race([goneAgain, this.#world.open()]);
      power.restore(seed + 1);
    }
    this.#log = await this.#world.open();
    await this.#adopt();
    // What was delivered was durable: a crash takes none of it back.
    for (const { topic, skip, seen } of lives) {
      this.#checkSequence(seen, this.#recordsOf(topic, ["held"]).slice(skip), `live ${topic} over a crash`);
    }
    await this.#checkAll("crash");
  }

  async #commitInFlight(): Promise<void> {
    const topic = topicName(0);
    const held = this.#recordsOf(topic, ["held"]);
    if (held.length === 0) return;
    const { offset } = held.at(-1)!.position!;
    const id = groupId(0, topic);
    this.#committed.set(id, [...(this.#committed.get(id) ?? [-1]), offset]);
    const subscription = this.#log.subscribe({ topic, group: "g0", from: "end" }, () => undefined);
    await subscription.commit(0, offset).then(
      () => this.#committed.set(id, [offset]),
      () => undefined,
    );
  }

  /** After a crash: sees which of the batches nobody knew about are there, and whether that is allowed. */
  async #adopt(): Promise<void> {
    const there = new Map<number, LogRecord[]>();
    for (const topic of TOPIC_NAMES) {
      for (const record of await this.#readAll(topic, 0)) {
        const id = Number(record.value?.split(".")[0]);
        there.set(id, [...(there.get(id) ?? []), record]);
      }
    }
    const lastHeld = this.#batches.findLast(({ state }) => state === "held")?.id ?? -1;
    const adopted: Batch[] = [];
    let gap = false;
    for (const batch of this.#batches) {
      const found = there.get(batch.id)?.sort((a, b) => a.offset - b.offset);
      there.delete(batch.id);
      if (found === undefined) {
        assert.notEqual(batch.state, "held", `batch ${batch.id} was confirmed and is lost`);
        if (batch.state === "open") gap = true;
        continue;
      }
      assert.equal(found.length, batch.records.length, `batch ${batch.id} is there in part`);
      for (const [at, given] of batch.records.entries()) same(found[at]!, given, `batch ${batch.id}`);
      if (batch.state === "refused") assert.ok(batch.id > lastHeld, `batch ${batch.id} was refused and is back`);
      if (batch.state === "open") assert.ok(!gap, `batch ${batch.id} survived one that came before it`);
      if (batch.state === "held")
        assert.deepEqual(
          found.map(({ offset }) => offset),
          batch.positions.map(({ offset }) => offset),
        );
      adopted.push({
        ...batch,
        state: "held",
        positions: found.map(({ topic, partition, offset, time }) => ({ topic, partition, offset, time })),
      });
    }
    assert.equal(there.size, 0, `there is what was never appended, or had been gone: ${[...there.keys()]}`);
    for (const [at, { positions }] of adopted.entries()) {
      const before = adopted[at - 1]?.positions.at(-1);
      if (before === undefined) continue;
      assert.ok(before.offset < positions[0]!.offset, "batches keep their order");
      assert.ok(before.time <= positions[0]!.time, "times do not fall");
    }
    this.#batches = adopted;
  }

  async #checkAll(when: string): Promise<void> {
    for (const topic of TOPIC_NAMES) await this.#checkRead(topic, 0);
    const time = this.#batches.at(-1)?.positions.at(-1)?.time ?? 0;
    assert.ok(time >= this.#lastTime, `${when}: time fell`);
    this.#lastTime = time;
  }
}
