import { setTimeout as wait } from "node:timers/promises";
import { CLEAR } from "./configs.ts";
import { type Expected, type Fault, isOf, line, type Stage } from "./fault.ts";
import type { Recorder, Seen } from "./recorder.ts";
import type { Timing } from "./timings.ts";
import type { Track, World } from "./world.ts";

export interface PlayOptions {
  readonly fault: Fault;
  readonly stage: Stage;
  readonly recorder: Recorder;
}

/** How a fault went, beside what was expected of it. */
export interface Played {
  /** A line for each finding ever seen of it, and those there should be. */
  readonly seen: readonly string[];
  readonly expected: readonly string[];
  /** Findings that were resolved while their cause stood. */
  readonly fellEarly: readonly string[];
  readonly timings: readonly Timing[];
}

/** So long the cluster may take to show what was done (ms): its controllers have their own time. */
const SHOWS = 60_000;
/** So long a finding is waited for when it is late already, so that it can be said how late (ms). */
const PATIENCE = 15_000;
/** While everything stands, nothing more may come and nothing may go (ms). */
const STANDS = 500;

interface Following {
  readonly expected: Expected;
  readonly track: Track;
}

interface Risen extends Following {
  readonly line: string;
  /** Fingerprint and episode. */
  readonly id: string;
  /** ms */
  readonly late: number;
}

const idOf = ({ finding }: Seen) => `${finding.fingerprint}/${finding.episode}`;

/** Makes a fault, waits for its findings, mends it, waits until they are gone; says how late each was. */
export async function play({ fault, stage, recorder }: PlayOptions): Promise<Played> {
  const { world } = stage;
  const mine = () => recorder.seen.filter(({ finding }) => isOf(fault, finding));
  const following = fault.expected.map((expected) => ({ expected, track: world.track(expected.shown) }));
  // What was so before would prove nothing.
  for (const { track } of following) await track.becomes(false, 0);

  let risen: Risen[];
  let fellEarly: string[];
  /** What each said while all of it stood: mending has moments of its own (a Service whose pod is replaced has no endpoint). */
  let stood: ReadonlyMap<string, string>;
  try {
    await fault.make(stage);
    risen = await Promise.all(following.map((one) => rise(one, world, recorder)));
    await wait(STANDS);
    stood = new Map(mine().map((one) => [idOf(one), line(one.finding)]));
    const lasting = new Set(risen.filter((one) => !one.expected.until).map((one) => one.line));
    fellEarly = mine()
      .filter(({ resolved }) => resolved !== undefined)
      .map(({ finding }) => line(finding))
      .filter((one) => lasting.has(one));
  } catch (e) {
    // Mended all the same: the faults beside it and after it need a cluster that is well.
    const [mended] = await Promise.allSettled([fault.mend(stage)]);
    throw mended.status === "rejected" ? new AggregateError([e, mended.reason], `${e}\n${mended.reason}`) : e;
  }
  await fault.mend(stage);
  const timings = await Promise.all(risen.map((one) => fall(one, fault, world, recorder)));
  return {
    seen: mine()
      .map((one) => stood.get(idOf(one)) ?? line(one.finding))
      .sort(),
    expected: risen.map((one) => one.line).sort(),
    fellEarly,
    timings,
  };
}

async function rise({ expected, track }: Following, world: World, recorder: Recorder): Promise<Risen> {
  const shown = await track.becomes(true, SHOWS);
  const subject = typeof expected.subject === "function" ? expected.subject(world) : expected.subject;
  const wanted = line({ ...expected, subject });
  const since = expected.since ? Date.parse(expected.since(world)) : shown;
  const due = Math.max(shown, since + expected.for);
  const patience = Math.max(0, due - Date.now()) + PATIENCE;
  const seen = await recorder.until(`${wanted} is raised`, patience, (all) =>
    all.find(({ finding }) => line(finding) === wanted),
  );
  return { expected, track, line: wanted, id: idOf(seen), late: seen.raised - due };
}

async function fall(one: Risen, fault: Fault, world: World, recorder: Recorder): Promise<Timing> {
  const { expected, track, late } = one;
  const ends = expected.until?.(world) ?? (await track.becomes(false, SHOWS));
  const due = ends + CLEAR;
  const patience = Math.max(0, due - Date.now()) + PATIENCE;
  const resolved = await recorder.until(
    `${one.line} is resolved`,
    patience,
    (all) => all.find((seen) => idOf(seen) === one.id)?.resolved,
  );
  const { case: name, rule } = expected;
  const timing = { case: name, fault: fault.name, for: expected.for, raised: late, resolved: resolved - due };
  return rule === undefined ? timing : { ...timing, rule };
}
