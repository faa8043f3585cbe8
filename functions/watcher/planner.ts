import type { NewRecord } from "#broker/log/log.ts";
import { groupId } from "#broker/table/entry.ts";
import type { Look } from "#broker/table/look.ts";
import type { Tables } from "#broker/table/tables.ts";
import { recordOf } from "#sdk/event/record.ts";
import { traceparentOf } from "#sdk/event/trace.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Check, CheckError, Key, Outcome, Stamp, Verdict } from "#sdk/terms.ts";

/** What is known of one key. A key that is no candidate, states nothing and waits for nothing is not kept. */
interface KeyState {
  /** The stamp of the check that is unanswered; 0 = none is. */
  seq: number;
  /** Unix ms: when the change came that the unanswered check is for. */
  since: number;
  /** Unix ms: when it was sent last, and how often again. */
  sent: number;
  resends: number;
  /** Unix ms: a change that came meanwhile; it goes into the next check. */
  again: number | undefined;
  /** The ledger holds something for it: when it is no candidate any more it needs a pass. */
  states: boolean;
}

const fresh = (): KeyState => ({ seq: 0, since: 0, sent: 0, resends: 0, again: undefined, states: false });

/** Limits of one group (case API, 13): beyond them the verdict is an error, never truncated rows. */
const ROWS_MOST = 50_000;
const BYTES_MOST = 4 * 1024 * 1024;
/** A check that stays unanswered goes again after this, then doubling up to ten minutes (ms). */
const RESEND_FIRST = 30_000;
const RESEND_MOST = 600_000;
/** Resends per call, so that a cluster's stay under 200/s at a call a second. */
const RESENDS = 200;

export interface PlannerOptions {
  readonly cluster: string;
  readonly epoch: number;
  readonly instances: readonly Instance[];
  readonly tables: Tables;
  /** Of this watcher in this epoch: 16 hex digits, by which the traces of its checks are told from others'. */
  readonly trace?: string;
}

/** What the verdict of a key told. */
export interface Answered {
  readonly instance: string;
  readonly key: Key;
  readonly stamp: Stamp;
  readonly outcome: Outcome;
}

/** Which checks are due, and which keys pass unasked. Decides only: what it returns is to be appended. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #instances: ReadonlyMap<string, Instance>;
  readonly #keys: Map<string, Map<string, KeyState>>;
  #seq = 0;
  #out: NewRecord[] = [];

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#instances = new Map(options.instances.map((instance) => [instance.id, instance]));
    this.#keys = new Map(options.instances.map(({ id }) => [id, new Map()]));
  }

  /** The ledger holds something for this key, from before this watcher began. */
  restore(instance: string, key: Key): void {
    const keys = this.#keys.get(instance);
    keys?.set(idOf(key), { ...fresh(), states: true });
  }

  /** Looks at the keys of an instance whose rows changed. The first time, at every key that states something too. */
  drain(instance: string, now: number, isFirst: boolean): void {
    const ids = this.#options.tables.takeDirty(instance);
    for (const id of ids) this.#consider(instance, id, now);
    if (!isFirst) return;
    const seen = new Set(ids);
    for (const id of [...this.#keys.get(instance)!.keys()]) if (!seen.has(id)) this.#consider(instance, id, now);
  }

  /** Somebody wants this key judged now, changed or not; one that is no candidate passes. */
  ask(instance: string, key: Key, now: number): void {
    const keys = this.#keys.get(instance);
    if (!keys) return;
    const id = idOf(key);
    if (!keys.has(id)) keys.set(id, { ...fresh(), states: true });
    this.#consider(instance, id, now);
  }

  answered({ instance, key, stamp, outcome }: Answered, now: number): void {
    const id = idOf(key);
    const keys = this.#keys.get(instance);
    const state = keys?.get(id);
    if (!state || stamp.epoch !== this.#options.epoch || stamp.seq !== state.seq) return;
    state.seq = 0;
    // A check that could not run leaves what was stated before, and is itself something that must be taken back.
    state.states = outcome !== "pass" && outcome !== "skip" ? true : outcome === "skip" && state.states;
    const { again } = state;
    if (again === undefined) {
      if (!state.states) keys!.delete(id);
      return;
    }
    state.again = undefined;
    this.#consider(instance, id, Math.min(again, now));
  }

  /** The records to append, in order. */
  take(): NewRecord[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** Per instance that waits: how long ago (ms) the oldest unanswered change came. */
  unanswered(now: number): Record<string, number> {
    const ages: Record<string, number> = {};
    for (const [instance, keys] of this.#keys) {
      let oldest = Number.POSITIVE_INFINITY;
      for (const { seq, since } of keys.values()) if (seq > 0 && since < oldest) oldest = since;
      if (oldest < Number.POSITIVE_INFINITY) ages[instance] = Math.max(0, now - oldest);
    }
    return ages;
  }

  /** The lowest seq that waits for an answer. */
  floor(): number {
    let floor = this.#seq + 1;
    for (const keys of this.#keys.values())
      for (const { seq } of keys.values()) if (seq > 0 && seq < floor) floor = seq;
    return floor;
  }

  get stamp(): Stamp {
    return { epoch: this.#options.epoch, seq: this.#seq };
  }

  /** Sends again, gently, what stayed unanswered and neither waits nor is in flight. Rows are taken anew, the stamp stays. */
  resend(now: number, isPending: (key: string, id: string) => boolean): void {
    let sent = 0;
    for (const [instance, keys] of this.#keys)
      for (const [id, state] of keys) {
        if (state.seq === 0 || now - state.sent < Math.min(RESEND_FIRST * 2 ** state.resends, RESEND_MOST)) continue;
        const look = this.#options.tables.look(instance, id);
        const key = this.#shown(instance, look);
        if (isPending(this.#recordKey(instance, key), this.#checkId(state.seq))) continue;
        if (++sent > RESENDS) return;
        state.sent = now;
        state.resends++;
        if (look.candidate) this.#check(this.#instances.get(instance)!, look, state.seq);
        else this.#verdict(instance, key, state.seq, "pass");
      }
  }

  #consider(instance: string, id: string, since: number): void {
    const keys = this.#keys.get(instance)!;
    const state = keys.get(id);
    if (state && state.seq > 0) {
      state.again ??= since;
      return;
    }
    const look = this.#options.tables.look(instance, id);
    if (!look.candidate && !state?.states) {
      keys.delete(id);
      return;
    }
    const next = state ?? fresh();
    keys.set(id, next);
    Object.assign(next, { seq: ++this.#seq, since, sent: since, resends: 0 });
    if (look.candidate) this.#check(this.#instances.get(instance)!, look, next.seq);
    else this.#verdict(instance, this.#shown(instance, look), next.seq, "pass");
  }

  #shown(instance: string, { key }: Look): Key {
    return this.#options.tables.keyIsList(instance) ? key : (key[0] ?? "");
  }

  #checkId(seq: number): string {
    const { cluster, epoch } = this.#options;
    return `${cluster}/${epoch}.${seq}`;
  }

  #traceparent(seq: number): string | undefined {
    const { trace } = this.#options;
    return trace === undefined ? undefined : traceparentOf(trace, seq);
  }

  #recordKey(instance: string, key: Key): string {
    return JSON.stringify([this.#options.cluster, instance, key]);
  }

  #check(instance: Instance, look: Look, seq: number): void {
    const { cluster, epoch } = this.#options;
    const key = this.#shown(instance.id, look);
    if (look.count > ROWS_MOST) return this.#tooLarge(instance.id, key, seq, `${look.count} rows`);
    const check: Check = {
      id: this.#checkId(seq),
      cluster,
      case: instance.case,
      instance: instance.id,
      key,
      stamp: { epoch, seq },
      params: instance.params,
      rows: look.rows(),
      ...look.scopes(),
    };
    const dataText = JSON.stringify(check);
    // Characters are at most as many as bytes; only near the limit is it worth counting bytes.
    const bytes = dataText.length > BYTES_MOST / 4 ? Buffer.byteLength(dataText) : 0;
    if (bytes > BYTES_MOST) return this.#tooLarge(instance.id, key, seq, `${bytes} bytes`);
    this.#out.push(
      recordOf({
        topic: "checks",
        key: [cluster, instance.id, key],
        type: TYPES.checkDue,
        id: check.id,
        source: `/clusters/${cluster}/watcher`,
        traceparent: this.#traceparent(seq),
        dataText,
      }),
    );
  }

  #tooLarge(instance: string, key: Key, seq: number, size: string): void {
    const message = `the rows under key ${JSON.stringify(key)} are ${size}, more than the ${ROWS_MOST} rows or ${BYTES_MOST} bytes that one check may take; make \`by\` or \`where\` narrower, or pick less`;
    this.#verdict(instance, key, seq, "error", { code: "group-too-large", message });
  }

  /** A verdict that needs no function. */
  #verdict(instance: string, key: Key, seq: number, outcome: Outcome, error?: CheckError): void {
    const { cluster, epoch } = this.#options;
    const id = this.#checkId(seq);
    const verdict: Verdict = {
      id,
      cluster,
      case: this.#instances.get(instance)!.case,
      instance,
      key,
      stamp: { epoch, seq },
      outcome,
      problems: [],
      ...(error && { error }),
    };
    const dataText = JSON.stringify(verdict);
    this.#out.push(
      recordOf({
        topic: "verdicts",
        key: [cluster, instance, key],
        type: TYPES.verdict,
        id,
        source: `/clusters/${cluster}/watcher`,
        traceparent: this.#traceparent(seq),
        dataText,
      }),
    );
  }
}

const idOf = (key: Key): string => groupId(typeof key === "string" ? [key] : key);
