import type { Severity } from "../terms.ts";
import type { Duration } from "./duration.ts";
import { CASE } from "./inspection.ts";
import type { KindName, ObjectOf } from "./kinds.ts";
import type { Said } from "./problem.ts";
import type { Static, TObject } from "./schema.ts";

/** A probe's way to the API server. Lets through what the probe `needs` and nothing else. */
export interface Kube {
  get<K extends KindName>(kind: K, name: string, namespace?: string): Promise<ObjectOf<K> | undefined>;
  create<K extends KindName>(kind: K, body: object): Promise<ObjectOf<K>>;
  delete(kind: KindName, name: string, namespace?: string): Promise<void>;
  watch<K extends KindName>(
    kind: K,
    namespace: string,
    selector: string,
  ): AsyncIterable<{ type: string; object: ObjectOf<K> }>;
  raw(path: string): Promise<Response>;
}

export interface ProbeContext<Params> {
  readonly params: Params;
  readonly cluster: string;
  /** Of this run; safe in object names. */
  readonly id: string;
  /** Aborts when the probe's timeout has passed. */
  readonly signal: AbortSignal;
  readonly kube: Kube;
  /** Becomes a metric. */
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** `undefined` when it took longer. */
  within<T>(duration: Duration, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>;
  /** Runs after the verdict, also on timeout, with time of its own. Last in, first out. */
  defer(cleanUp: (signal: AbortSignal) => Promise<unknown>): void;
}

export interface ProbeDefinition<S extends TObject> {
  readonly name: string;
  readonly severity: Severity;
  readonly owner?: string;
  readonly reason?: string;
  readonly help?: string;
  readonly timeout: Duration;
  readonly params?: S;
  /** Rights, as "verbs kind" or "get /path". It gets those and no others. */
  readonly needs?: readonly (`${string} ${KindName}` | `get /${string}`)[];
  /** So many failures in a row make a problem. Default 1. */
  readonly after?: number;
  run(context: ProbeContext<Static<S>>): Promise<Said>;
}

/** A probe with the type of its params forgotten. */
export interface Probe extends Omit<ProbeDefinition<TObject>, "run"> {
  readonly [CASE]: "probe";
  run(context: ProbeContext<any>): Promise<Said>;
}

/** A case that tries something. Off until someone configures it. */
export const probe = <S extends TObject = TObject<Record<never, never>>>(definition: ProbeDefinition<S>): Probe =>
  ({ ...definition, [CASE]: "probe" }) as unknown as Probe;
