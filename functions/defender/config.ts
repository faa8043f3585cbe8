import type { ScopeName } from "#sdk/operation/decision.ts";

/** A count, or a share of the scope's size. */
export type Most = number | { readonly percent: number };

/** At most so many operations begun in any window of this length, in one scope. */
export interface Limit {
  readonly most: Most;
  /** ms */
  readonly per: number;
}

/** Which values a budget, a calendar or a rule of trust is for: globs. Left out = all. */
export interface Match {
  readonly cluster?: readonly string[];
  readonly pool?: readonly string[];
  readonly namespace?: readonly string[];
  readonly owner?: readonly string[];
  readonly actor?: readonly string[];
}

export interface Budget {
  readonly name: string;
  /** Each value of the scope has the whole budget to itself. */
  readonly scope: ScopeName;
  /** Names; they share the budget. Left out = every operation. */
  readonly operations?: readonly string[];
  readonly match?: Match;
  readonly limits: readonly Limit[];
  /** At most so many under way. */
  readonly inFlight?: Most;
  /** Nothing where fewer than this share is healthy, and for so long after (ms). */
  readonly healthy?: { readonly atLeast: number; readonly coolDown: number };
  /** Of what the shares are. Default `Node`; in a namespace `Pod`. */
  readonly of?: string;
  /** What follows when a request finds it spent. `latch`: nothing more until a person resets it. Default `throttle`. */
  readonly whenSpent?: "throttle" | "latch";
  /** Who may override, for the sentence of a denial. */
  readonly override?: string;
}

export const TRUST = ["observe", "cordon", "drain", "act"] as const;
export type Trust = (typeof TRUST)[number];

/** The first rule that matches a pool says how far it is trusted to. None = `observe`. */
export interface TrustRule {
  readonly match?: Match;
  readonly level: Trust;
}

/** Spans of UTC, expanded by whoever writes them. */
export interface Calendar {
  readonly name: string;
  /** `freeze`: nothing within. `maintenance`: nothing without. */
  readonly kind: "freeze" | "maintenance";
  readonly match?: Match;
  readonly operations?: readonly string[];
  /** Unix ms; from is within, to is not. */
  readonly spans: readonly { readonly from: number; readonly to: number }[];
  /** How far it is expanded: past it nobody knows, so nothing is granted. */
  readonly until: number;
  readonly override?: string;
}

export interface Settings {
  /** ms that a window's token stays away beyond the window. */
  readonly epsilon: number;
  /** ms that a grant holds. */
  readonly notAfter: number;
  /** Doubt begins at this share of stale leases, and so many. */
  readonly staleLeases: { readonly percent: number; readonly atLeast: number };
  /** Operations that need a person's yes. */
  readonly dangerous: readonly string[];
}

export interface Config {
  readonly budgets: readonly Budget[];
  readonly trust: readonly TrustRule[];
  readonly calendars: readonly Calendar[];
  readonly settings: Settings;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Two findings on one node repair it once. */
export const DEFAULT_BUDGET: Budget = {
  name: "one-per-target",
  scope: "target",
  limits: [{ most: 1, per: 30 * MINUTE }],
};

export const DEFAULT_SETTINGS: Settings = {
  epsilon: 6_000,
  notAfter: 5_000,
  staleLeases: { percent: 20, atLeast: 3 },
  dangerous: [],
};

/** Until a configuration is in the log: everybody is observed, nothing is granted. */
export const DEFAULT_CONFIG: Config = {
  budgets: [DEFAULT_BUDGET],
  trust: [],
  calendars: [],
  settings: DEFAULT_SETTINGS,
};

/** No budget can raise these: they are in the program. */
export const CAPS: readonly Budget[] = [
  {
    name: "cap-target",
    scope: "target",
    limits: [
      { most: 6, per: HOUR },
      { most: 20, per: DAY },
    ],
  },
  {
    name: "cap-cluster",
    scope: "cluster",
    limits: [
      { most: 50, per: 10 * MINUTE },
      { most: 100, per: HOUR },
      { most: 500, per: DAY },
    ],
    inFlight: 50,
  },
  {
    name: "cap-fleet",
    scope: "fleet",
    limits: [
      { most: 200, per: 10 * MINUTE },
      { most: 1_000, per: HOUR },
      { most: 5_000, per: DAY },
    ],
  },
];

/** What no setting can loosen. */
export const BOUNDS = {
  /** The longest window, ms. */
  window: 31 * DAY,
  notAfter: 5_000,
  /** Of clocks: ε is at least this longer than a grant holds. */
  clockError: 1_000,
  epsilon: MINUTE,
} as const;

/** A cluster's heartbeat, an executor's word: older is silence, ms. */
export const SILENCE = MINUTE;
/** The view of a kind: older is stale, ms. */
export const STALE = 30_000;
/** A due: older is refused, ms. */
export const DUE = 5 * MINUTE;
/** Ids are kept so long (ms), and at most so many. */
export const IDS = { age: 10 * MINUTE, most: 50_000 } as const;
/** An operation whose end was never told counts as under way so long, ms. */
export const IN_FLIGHT = DAY;
