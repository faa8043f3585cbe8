import { parseJson } from "#sdk/event/json.ts";
import { type Budget, CAPS } from "./config.ts";
import { Fifo } from "./fifo.ts";
import { recount } from "./history.ts";
import { compileRules } from "./rules.ts";
import { emptyState, type Granted, type Size, type State } from "./state.ts";

/** The format of a snapshot, and what must not differ between the two sides of it. */
export const FORMAT = 1;

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

/** The state as text. Equal states give equal texts; what is made of other parts is left out. */
export function freeze(state: State): string {
  const { version, offset, count, time, durable, initialised, dropped, config, forgotten } = state;
  const since = state.history.first?.at ?? Number.POSITIVE_INFINITY;
  return JSON.stringify({
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
    ids: [...state.idsInOrder].map((id) => [id, state.ids.get(id)]),
    brakes: [...state.brakes],
    latches: [...state.latches],
    below: [...state.below],
    heartbeats: [...state.heartbeats],
    sizes: [...state.sizes].map(([cluster, sizes]) => [cluster, [...sizes]]),
    executors: [...state.executors],
    approvals: [...state.approvals],
  });
}

/** The state that a text stands for; undefined where another format wrote it: then the records themselves are read. */
export function thaw(text: string, caps: readonly Budget[] = CAPS): State | undefined {
  const kept = parseJson(text, { where: "The defender's snapshot" }) as any;
  if (kept.format !== FORMAT) return undefined;
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
    time: { ...time, boot: time.boot },
    dropped: kept.dropped ?? Number.NEGATIVE_INFINITY,
    history: new Fifo(history),
    open: new Map(open.map((granted) => [granted.fence, granted])),
    opened: new Fifo(open.map(({ fence }) => fence)),
    ids: new Map(kept.ids),
    idsInOrder: new Fifo(kept.ids.map(([id]: [string]) => id)),
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
  };
  recount(state);
  return state;
}
