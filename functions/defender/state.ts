import type { Decision, ScopeOf } from "#sdk/operation/decision.ts";
import type { Heartbeat } from "#sdk/operation/reports.ts";
import { type Budget, CAPS, type Config, DEFAULT_CONFIG } from "./config.ts";
import { Fifo } from "./fifo.ts";
import { compileRules, type Rules } from "./rules.ts";
import type { Place } from "./scopes.ts";
import { Windows } from "./windows.ts";

/**
 * The newest version of the fold that this program knows. Of a new version the old one stays beside it, by `state.version`,
 * until no log begins with it.
 */
export const VERSION = 1;
/** The oldest: that of a log in which nothing is said of it. */
export const FIRST = 1;

export const knows = (version: number): boolean => version >= FIRST && version <= VERSION;

/** One grant that a window may still hold. */
export interface Granted {
  readonly fence: number;
  /** Defender time. */
  at: number;
  readonly place: Place;
}

/** What was answered: with the request, whose content is the same, the whole decision. */
export type Told = Pick<Decision, "outcome" | "offset" | "time" | "grant" | "reasons" | "retryAt">;

export interface Known {
  readonly digest: string;
  readonly at: number;
  /** By the sender's clock; undefined where that could not be believed. */
  readonly due?: number;
  /** Or its JSON, where a snapshot has made text of it: few are asked again. `toldOf` reads both. */
  told: Told | string;
}

/** Defender time: ms that only ever rise, counted from the journal's beginning. */
export interface Time {
  now: number;
  /** Wall time of the last record, unix ms; it may jump. */
  utc: number;
  boot: string | undefined;
  ticks: number;
  /** Of a log with its own time: so much did its clock fall back, ms. Nothing passes before it has caught up. */
  debt: number;
}

/** A decision whose record is to be written to topic `decisions`. */
export interface Untold {
  readonly decision: Decision;
  /** Taken over from a writer that fell silent: it may stand there already, from this offset on. */
  readonly since?: number;
}

/** One life of a process that writes the log beside others. */
export interface Writer {
  /** The number of its last record. */
  last: number;
  /** Where its `start` stands. */
  readonly began: number;
  /** When it was last heard, defender time. */
  at: number;
  /** The newest version of the fold that it knows. */
  readonly knows: number;
  /** What it has to tell, oldest first. */
  readonly untold: Fifo<Untold>;
  /** How many it has told. */
  told: number;
  end: number;
}

export interface Brake {
  /** Where it was pulled (again). A release names it. */
  readonly offset: number;
  readonly in: ScopeOf;
  readonly by: string;
  readonly reason: string;
  /** Unix ms. */
  readonly since: number;
}

export interface Size {
  readonly total: number;
  readonly healthy: number;
  /** Of the fleet: how many more are in clusters that are not heard of. A floor counts them as not healthy. */
  readonly silent?: number;
}

/** What the fold knows. It belongs to the fold: nobody else writes to it. */
export interface State {
  version: number;
  /** Offset of the last record. */
  offset: number;
  /** Number of the last stamped record. */
  count: number;
  readonly time: Time;
  durable: boolean;
  initialised: boolean;
  /** Defender time of the youngest grant that was forgotten: a window that reaches it counts as full. */
  dropped: number;
  config: Config;
  readonly caps: readonly Budget[];
  rules: Rules;
  /** Grants that a window may hold, oldest first. */
  history: Fifo<Granted>;
  /** Per group of rules: the moments of grants per scope. Made of `history`. */
  windows: Windows[];
  /** Grants whose end was not told, by fence. */
  readonly open: Map<number, Granted>;
  /** Their fences, oldest first; some have ended. */
  opened: Fifo<number>;
  /** Per group of rules: how many are open per scope. Made of `open`. */
  inFlight: Map<string, number>[];
  readonly ids: Map<string, Known>;
  /** The keys of `ids`, oldest first. */
  idsInOrder: Fifo<string>;
  /** The latest due of an id that was forgotten: what is not younger may have been answered before. */
  forgotten: number;
  readonly brakes: Map<string, Brake>;
  /** By budget and scope: when it latched, defender time. */
  readonly latches: Map<string, number>;
  /** By budget and scope: when it was last seen below its floor, defender time. */
  readonly below: Map<string, number>;
  readonly heartbeats: Map<string, Heartbeat & { readonly at: number }>;
  /** Per cluster, per scope and kind. */
  readonly sizes: Map<string, Map<string, Size>>;
  /** Per cluster: when its executor was heard, and its clock less defender time. */
  readonly executors: Map<string, { readonly at: number; readonly ahead: number }>;
  /** By matter and operation: until when, in unix ms and in defender time. */
  readonly approvals: Map<string, { readonly until: number; readonly ends: number; readonly by: string }>;
  /** Who writes the log, the one that was heard last at the end. Empty where there is one writer. */
  readonly writers: Map<string, Writer>;
  /** No writer that began at or before this offset is known any more, but for those in `writers`. */
  forgottenWriters: number;
  /** Where several write: offsets and when they were, defender time. */
  readonly moments: Fifo<readonly [offset: number, at: number]>;
  /** So far had a writer read whose word on time was taken. Grants past it count as given now. */
  settled: number;
}

/** Of a journal that holds nothing. `caps` are the program's; a test may bring others. */
export function emptyState(caps: readonly Budget[] = CAPS): State {
  const rules = compileRules(DEFAULT_CONFIG, caps);
  return {
    version: FIRST,
    offset: -1,
    count: 0,
    time: { now: 0, utc: 0, boot: undefined, ticks: 0, debt: 0 },
    durable: false,
    initialised: false,
    dropped: Number.NEGATIVE_INFINITY,
    config: DEFAULT_CONFIG,
    caps,
    rules,
    history: new Fifo(),
    windows: rules.groups.map(() => new Windows()),
    open: new Map(),
    opened: new Fifo(),
    inFlight: rules.groups.map(() => new Map()),
    ids: new Map(),
    idsInOrder: new Fifo(),
    forgotten: Number.NEGATIVE_INFINITY,
    brakes: new Map(),
    latches: new Map(),
    below: new Map(),
    heartbeats: new Map(),
    sizes: new Map(),
    executors: new Map(),
    approvals: new Map(),
    writers: new Map(),
    forgottenWriters: -1,
    moments: new Fifo(),
    settled: -1,
  };
}

/** Two parts of a key; neither holds a line break but scopes. */
export const pair = (name: string, key: string): string => `${name}\n${key}`;
