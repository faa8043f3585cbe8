/** What a test may do to a server that otherwise behaves. Each answers with the way back where there is one. */
export interface Knobs {
  /** 403 for these verbs on a resource (`pods`, `deployments.apps`); all of them unless told which. */
  forbid(resource: string, verbs?: readonly string[]): () => void;
  /** 503 for everything in an API group; its discovery is stale. The core group is `""`. */
  failGroup(group: string): () => void;
  /** Ends watches as a restarting server would; answers how many. */
  cutWatches(resource?: string): number;
  /** Loses this share (0 to 1) of watch events without a trace. */
  dropWatchEvents(share: number): void;
  /** The watches that are open now stay open and never say a word again: half-open connections. Answers how many. */
  stallWatches(resource?: string): number;
  /** Forgets the history: resuming and continuing get 410. */
  compact(): void;
  pauseBookmarks(paused: boolean): void;
  /** Every answer waits so many ms. */
  latency(ms: number): void;
  /** Breaks every connection, open ones and new ones, until told otherwise. */
  outage(down: boolean): void;
}

/** How the knobs stand. */
export interface Behaviour {
  readonly forbidden: Map<string, ReadonlySet<string> | "all">;
  readonly failing: Set<string>;
  droppedShare: number;
  bookmarksPaused: boolean;
  latency: number;
  down: boolean;
}

export const goodBehaviour = (): Behaviour => ({
  forbidden: new Map(),
  failing: new Set(),
  droppedShare: 0,
  bookmarksPaused: false,
  latency: 0,
  down: false,
});

/** Whether a verb on a resource is forbidden just now. */
export function isForbidden({ forbidden }: Behaviour, resource: string, verb: string): boolean {
  const verbs = forbidden.get(resource);
  return verbs === "all" || verbs?.has(verb) === true;
}
