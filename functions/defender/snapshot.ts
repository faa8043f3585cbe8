import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { type Budget, CAPS } from "./config.ts";
import { Fifo } from "./fifo.ts";
import { recount } from "./history.ts";
import { compileRules } from "./rules.ts";
import {
  emptyState,
  type Granted,
  type Known,
  type Size,
  type State,
  type Time,
  type Untold,
  type Writer,
} from "./state.ts";

/**
 * The format of a snapshot: a line of JSON, then a line for each id, oldest first, with what was told to it. These lines
 * are most of the text, and few of them are ever asked for: so they are not parsed before. Format 1 had all in one JSON.
 */
const FORMAT = 2;

/** JSON has no infinities. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

type Packed = readonly [number, number, string, string, string, string, string, ...(string | null)[]];

const pack = ({ fence, at, place }: Granted): Packed => {
  const { operation, cluster, actor, target, zone = null, pool = null, owner = null } = place;
  return [fence, at, operation, cluster, actor, target.kind, target.name, target.namespace ?? null, zone, pool, owner];
};

function unpack([fence, at, operation, cluster, actor, kind, name, namespace, zone, pool, owner]: Packed): Granted {
  const place = {
    operation,
    cluster,
    ...(zone != null && { zone }),
    ...(pool != null && { pool }),
    ...(owner != null && { owner }),
    actor,
    target: { kind, ...(namespace != null && { namespace }), name },
  };
  return { fence, at, place };
}

/** Ids in columns: that parses, and packs, several times faster than an object each. Moments are told from the state's. */
interface Columns {
  readonly ids: readonly string[];
  /** All of one length, one after the other. */
  readonly digests: string;
  readonly at: readonly number[];
  readonly due: readonly (number | null)[];
}

function columnsOf({ idsInOrder, time }: State, known: readonly Known[]): Columns {
  return {
    ids: [...idsInOrder],
    digests: known.map(({ digest }) => digest).join(""),
    at: known.map(({ at }) => time.now - at),
    due: known.map(({ due }) => (due === undefined ? null : time.utc - due)),
  };
}

/** What was told becomes text for good, so that each is made text of once, however many snapshots hold it. */
function lineOf(known: Known): string {
  if (typeof known.told !== "string") known.told = JSON.stringify(known.told);
  return known.told;
}

function knownOf({ ids, digests, at, due }: Columns, lines: readonly string[], time: Time): Map<string, Known> {
  if (lines.length !== ids.length + 1) throw new Error(`of ${ids.length} answers it holds ${lines.length - 1}`);
  const width = digests.length / Math.max(1, ids.length);
  const known = new Map<string, Known>();
  for (const [n, id] of ids.entries()) {
    const digest = digests.slice(n * width, (n + 1) * width);
    const [moment, ago, told] = [time.now - at[n]!, due[n], lines[n + 1]!];
    known.set(id, ago == null ? { digest, at: moment, told } : { digest, at: moment, due: time.utc - ago, told });
  }
  return known;
}

/** The state as text. Equal states give equal texts; what is made of other parts is left out. */
export function freeze(state: State): string {
  const { version, offset, count, time, durable, initialised, dropped, config, forgotten } = state;
  const since = state.history.first?.at ?? Number.POSITIVE_INFINITY;
  const known = [...state.idsInOrder].map((id) => state.ids.get(id)!);
  const head = JSON.stringify({
    format: FORMAT,
    version,
    offset,
    count,
    time,
    durable,
    initialised,
    dropped: finite(dropped),
    config,
    forgotten: finite(forgotten),
    history: [...state.history].map(pack),
    // Most of them are in the history, and so need not be told twice.
    open: [...state.open.values()].map((granted) => (granted.at >= since ? granted.fence : pack(granted))),
    ids: columnsOf(state, known),
    brakes: [...state.brakes],
    latches: [...state.latches],
    below: [...state.below],
    heartbeats: [...state.heartbeats],
    sizes: [...state.sizes].map(([cluster, sizes]) => [cluster, [...sizes]]),
    executors: [...state.executors],
    approvals: [...state.approvals],
    ...(state.moments.size > 0 && { moments: [...state.moments], settled: state.settled }),
    ...(state.forgottenWriters >= 0 && { forgottenWriters: state.forgottenWriters }),
    ...(state.writers.size > 0 && {
      writers: [...state.writers].map(([name, one]) => [name, { ...one, untold: [...one.untold] }]),
    }),
  });
  return [head, ...known.map(lineOf)].join("\n");
}

/** The state that a text stands for. Throws where the text is not whole, or of a format that is not known here. */
export function thaw(text: string, caps: readonly Budget[] = CAPS): State {
  const lines = text.split("\n");
  const kept = parseJson(lines[0]!, { where: "The defender's snapshot" }) as any;
  if (kept.format !== 1 && kept.format !== FORMAT)
    throw fault("defender-snapshot-format", { found: String(kept.format), known: FORMAT });
  const ids = kept.format === 1 ? new Map<string, Known>(kept.ids) : knownOf(kept.ids, lines, kept.time);
  const rules = compileRules(kept.config, caps);
  const { version, offset, count, time, durable, initialised, config } = kept;
  const history: Granted[] = kept.history.map(unpack);
  const byFence = new Map(history.map((granted) => [granted.fence, granted]));
  const open: Granted[] = kept.open.map((one: number | Packed) =>
    typeof one === "number" ? byFence.get(one)! : unpack(one),
  );
  const state: State = {
    ...emptyState(caps),
    ...{ version, offset, count, durable, initialised, config, rules },
    time: { ...time, boot: time.boot, debt: time.debt ?? 0 },
    dropped: kept.dropped ?? Number.NEGATIVE_INFINITY,
    history: new Fifo(history),
    open: new Map(open.map((granted) => [granted.fence, granted])),
    opened: new Fifo(open.map(({ fence }) => fence)),
    ids,
    idsInOrder: new Fifo(ids.keys()),
    forgotten: kept.forgotten ?? Number.NEGATIVE_INFINITY,
    brakes: new Map(kept.brakes),
    latches: new Map(kept.latches),
    below: new Map(kept.below),
    heartbeats: new Map(kept.heartbeats),
    sizes: new Map(
      kept.sizes.map(([cluster, sizes]: [string, [string, Size][]]): [string, Map<string, Size>] => [
        cluster,
        new Map(sizes),
      ]),
    ),
    executors: new Map(kept.executors),
    approvals: new Map(kept.approvals),
    writers: new Map(
      (kept.writers ?? []).map(([name, one]: [string, any]): [string, Writer] => [
        name,
        { ...one, untold: new Fifo<Untold>(one.untold) },
      ]),
    ),
    forgottenWriters: kept.forgottenWriters ?? -1,
    moments: new Fifo(kept.moments ?? []),
    settled: kept.settled ?? -1,
  };
  recount(state);
  return state;
}
