import type { FaultyDisk } from "#broker/log/file/faulty-disk.ts";
import type { Log, LogRecord, Position, Subscription } from "#broker/log/log.ts";
import type { Mutation, World } from "./log.world.ts";

/** Mistakes made on purpose. The property must fail with each, or it would not notice them in the driver either. */
export interface Mutant {
  readonly mistake: string;
  readonly mutation: () => Mutation;
}

const unsynced = (disk: FaultyDisk): void => {
  disk.lying = true;
};

/** Leaves what a crash cut off where it is. */
const keepsTail = (disk: FaultyDisk): void => {
  const open = disk.open.bind(disk);
  disk.open = async (path, mode) => ({ ...(await open(path, mode)), truncate: async () => undefined });
};

/** Believes the second sync after one that failed. */
const syncsAgain = (disk: FaultyDisk): void => {
  const open = disk.open.bind(disk);
  disk.open = async (path, mode) => {
    const file = await open(path, mode);
    return { ...file, sync: () => file.sync().catch(() => file.sync()) };
  };
};

const commitsAhead = (log: Log): Log => ({
  ...log,
  subscribe(options, handler) {
    const ahead = (subscription: Subscription): Subscription => ({
      ...subscription,
      commit: (partition, offset) => subscription.commit(partition, offset + 1),
    });
    return ahead(log.subscribe(options, (records, subscription) => handler(records, ahead(subscription))));
  },
});

const splitsBatches = (log: Log): Log => ({
  ...log,
  append: async (records) => (await Promise.all(records.map((record) => log.append([record])))).flat(),
});

/** Of two appends in flight, the second goes first. */
const swapsAppends = (log: Log): Log => {
  let held: (() => void) | undefined;
  return {
    ...log,
    append: (records) =>
      new Promise((resolve, reject) => {
        const go = () => void log.append(records).then(resolve, reject);
        if (held !== undefined) {
          const first = held;
          held = undefined;
          go();
          first();
          return;
        }
        held = go;
        setImmediate(() => {
          if (held === go) {
            held = undefined;
            go();
          }
        });
      }),
  };
};

/** Takes the clock as it is, as a driver would that forgets at a start which time it wrote last. */
const forgetsTime = (): Mutation => {
  const times = new Map<string, number>();
  const at = ({ topic, offset }: Position): string => `${topic} ${offset}`;
  let floor = 0;
  const retime = <P extends Position>(position: P): P => ({
    ...position,
    time: times.get(at(position)) ?? position.time,
  });
  return {
    log(log: Log, world: World): Log {
      floor = world.now.value;
      return {
        ...log,
        async append(records) {
          const positions = await log.append(records);
          floor = Math.max(floor, world.now.value);
          for (const position of positions) times.set(at(position), floor);
          return positions.map(retime);
        },
        async *read(topic, options) {
          for await (const batch of log.read(topic, options)) yield batch.map(retime);
        },
        subscribe: (options, handler) => log.subscribe(options, (records, self) => handler(records.map(retime), self)),
      };
    },
  };
};

/** Leaves out one record when a subscriber changes over from what was there to what comes. */
const losesAtJoin = (log: Log): Log => ({
  ...log,
  subscribe(options, handler) {
    let joined = false;
    let dropped = false;
    const subscription = log.subscribe(options, (records, self) => {
      if (!joined || dropped) return handler(records, self);
      dropped = true;
      const rest = records.slice(1);
      return rest.length > 0 ? handler(rest, self) : undefined;
    });
    subscription.caughtUp.then(
      () => {
        joined = true;
      },
      () => undefined,
    );
    return subscription;
  },
});

/** Hands over again what it handed over last. */
const repeats = (log: Log): Log => ({
  ...log,
  subscribe(options, handler) {
    let last: readonly LogRecord[] = [];
    return log.subscribe(options, async (records, self) => {
      if (last.length > 0 && records.length === 1) await handler(last, self);
      last = records;
      await handler(records, self);
    });
  },
});

export const FILE_MUTANTS: readonly Mutant[] = [
  { mistake: "an append is confirmed before it is on the disk", mutation: () => ({ disk: unsynced }) },
  { mistake: "a sync that failed is tried again", mutation: () => ({ disk: syncsAgain }) },
  { mistake: "a torn tail is kept", mutation: () => ({ disk: keepsTail }) },
  { mistake: "the CRC is not checked", mutation: () => ({ parts: { checksum: () => 0 } }) },
  { mistake: "a commit is off by one", mutation: () => ({ log: commitsAhead }) },
  { mistake: "a batch is split by a crash", mutation: () => ({ log: splitsBatches }) },
  { mistake: "two appends change places", mutation: () => ({ log: swapsAppends }) },
  { mistake: "time falls after a restart", mutation: forgetsTime },
  { mistake: "a record is lost where disk and memory join", mutation: () => ({ log: losesAtJoin }) },
  { mistake: "a batch is handed over twice", mutation: () => ({ log: repeats }) },
];

export const MEMORY_MUTANTS: readonly Mutant[] = FILE_MUTANTS.filter(({ mistake }) =>
  ["a commit is off by one", "two appends change places", "a batch is handed over twice"].includes(mistake),
);
