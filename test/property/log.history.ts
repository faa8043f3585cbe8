import fc from "fast-check";
import type { Operation } from "#broker/log/file/faulty-disk.ts";

export interface Draw {
  readonly topic: number;
  readonly key: number;
  /** Bytes of padding. */
  readonly size: number;
}

/** One step of a history. `wait`: until it is durable, else the next step comes at once. */
export type Step =
  | { readonly do: "append"; readonly batch: readonly Draw[]; readonly wait: boolean }
  | { readonly do: "settle" }
  | { readonly do: "read"; readonly topic: number; readonly from: number }
  | {
      readonly do: "commit";
      readonly topic: number;
      readonly group: number;
      readonly at: number;
      readonly wait: boolean;
    }
  | {
      readonly do: "consume";
      readonly topic: number;
      readonly group: number;
      readonly maxBatch: number;
      readonly stopAfter: number;
    }
  | { readonly do: "live"; readonly topic: number; readonly from: "start" | "end"; readonly maxBatch: number }
  | { readonly do: "restart"; readonly clock: number }
  | {
      readonly do: "crash";
      readonly after: number;
      readonly batches: readonly (readonly Draw[])[];
      readonly commit: boolean;
      readonly seed: number;
      readonly clock: number;
      /** Only the process ends, the machine runs on. */
      readonly kill: boolean;
      /** The power goes once more, this many operations into the recovery. */
      readonly again: number | null;
    }
  | {
      readonly do: "trouble";
      readonly errno: "ENOSPC" | "EIO";
      readonly on: readonly Operation[];
      readonly times: number;
    };

export const TOPICS = 3;
export const GROUPS = 2;

const topic = fc.nat(TOPICS - 1);
const group = fc.nat(GROUPS - 1);
// Few sizes, so that frames of equal length come about; one that fills a segment by itself.
const size = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 8, 8, 8, 40) },
  { weight: 1, arbitrary: fc.constant(2000) },
);
const draw: fc.Arbitrary<Draw> = fc.record({ topic, key: fc.nat(2), size });
const batch = fc.array(draw, { minLength: 1, maxLength: 4, size: "max" });
const maxBatch = fc.constantFrom(1, 2, 5, 500);
// The clock is set back more often than forward.
const clock = fc.constantFrom(-5000, -1, 0, 1, 1000);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("append"), batch, wait: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("settle") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("read"), topic, from: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("commit"), topic, group, at: fc.nat(20), wait: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("consume"), topic, group, maxBatch, stopAfter: fc.nat(6) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("live"), topic, from: fc.constantFrom("start", "end"), maxBatch }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("restart"), clock }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("crash"),
      after: fc.nat(8),
      batches: fc.array(batch, { minLength: 1, maxLength: 4, size: "max" }),
      commit: fc.boolean(),
      kill: fc.boolean(),
      seed: fc.nat(),
      clock,
      again: fc.option(fc.nat(8)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("trouble"),
      errno: fc.constantFrom("ENOSPC", "EIO"),
      on: fc.constantFrom(
        ["write"],
        ["sync"],
        ["sync", "truncate"],
        ["write", "truncate"],
        ["rename"],
        ["syncDirectory"],
      ),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
) as fc.Arbitrary<Step>;

/** Long enough for several segments, restarts and crashes. */
const mixed = fc.array(step, { minLength: 5, maxLength: 40, size: "max" });

const one: readonly Draw[] = [{ topic: 0, key: 0, size: 8 }];

/** Every frame is as long as every other, so that a new one covers exactly what was there before. */
const uniform = mixed.map((history) =>
  history.map((taken): Step => {
    if (taken.do === "append") return { ...taken, batch: one };
    return taken.do === "crash" ? { ...taken, batches: taken.batches.map(() => one) } : taken;
  }),
);

export const histories = fc.oneof({ weight: 2, arbitrary: mixed }, { weight: 1, arbitrary: uniform });
