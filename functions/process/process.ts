import type { FastifyInstance } from "fastify";
import type { Static, TObject } from "typebox";
import type { Log } from "#broker/log/log.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Runnable } from "#sdk/runtime/lifecycle.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Env } from "#sdk/runtime/settings.ts";
import type { NamedCluster } from "./cluster.ts";
import type { OwnMetrics } from "./metrics.ts";
import type { CommonSettings } from "./settings.ts";

/** One process: what it can be told, and what it is made of. `run.ts` does what they all do. */
export interface Process<S extends TObject = TObject> {
  readonly name: string;
  /** One line, for people. */
  readonly says: string;
  /** Made by `settingsOf`. */
  readonly settings: S;
  /** Puts it together. Nothing is begun before `start` of its runnables. @throws config-invalid */
  parts(base: Base<Static<S> & CommonSettings>): Parts | Promise<Parts>;
}

/** What a process stands on. */
export interface Base<S = CommonSettings> {
  readonly settings: S;
  readonly log: Log;
  /** What an acknowledged record of the topic could be lost by, and what to do about it. */
  weakness(topic: string): Promise<string | undefined>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly env: Env;
  readonly version: string;
  readonly stdout: { readonly write: (text: string) => void; readonly colour: boolean };
  /** The cluster that settings name, connected when it is first asked for. @throws config-invalid where there is none */
  cluster(): NamedCluster;
  /** For a person: what cannot be used, and goes on without. */
  tell(message: string): void;
  /** It cannot go on: it stops as for a signal, and ends with 2. */
  fatal(e: unknown): void;
  /** It must not go on: it ends now, with 3, and finishes nothing. */
  end(e: unknown): void;
}

export interface Parts {
  /** Started in this order, stopped in the other, between the log and the server. */
  readonly runnables: readonly Runnable[];
  /** What it still waits for, once all is started; empty = ready. */
  readonly waitsFor?: () => readonly string[];
  /** Metrics of its own, read when they are scraped. */
  readonly metrics?: OwnMetrics;
  /** Routes beside /livez, /readyz, /metrics and /openapi.json. */
  readonly routes?: (app: FastifyInstance) => void;
}
