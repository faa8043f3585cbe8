import { Heap } from "#broker/table/heap.ts";
import type { RemedyDue, Strategy } from "#sdk/operation/remedy.ts";
import { matterOf, requestId } from "#sdk/operation/remedy.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";
import type { Fault } from "./ailments.ts";
import { courseKey, deedOf, type Entry, isUnderWay } from "./course.ts";
import { isFor } from "./matching.ts";
import { type Plan, plan } from "./plan.ts";

export interface Rules {
  readonly remediers: readonly Remedier[];
  /** The more careful of the case's and the remedier's; `observe` too where it failed too often. */
  readonly strategyOf: (fault: Fault, remedier: Remedier) => Strategy;
  /** Why a remedier only observes, though it was told to act. */
  readonly flawOf?: (remedier: Remedier) => string | undefined;
  /** Names of all operations. */
  readonly operations: ReadonlySet<string>;
}

/** Where an entry belongs: the course, and the target that it is about. */
export interface Place {
  readonly key: string;
  readonly uid: string;
}

/** What must be written. */
export type Effect =
  | { readonly kind: "due"; readonly due: RemedyDue }
  | {
      readonly kind: "expired" | "escalated" | "held";
      readonly due: RemedyDue;
      readonly message: string;
      readonly fence?: number;
      readonly until?: number;
    };

/** For people: what is done about a fault, and what is waited for. */
export interface Pending {
  readonly fault: Fault;
  readonly remedier: string;
  readonly strategy: Strategy;
  readonly entries: readonly Entry[];
  readonly next: Plan;
}

/** ms: how long a course that is over is remembered, for others that want the same deed. */
const REMEMBERED = 60 * 60_000;
const ROUNDS = 20;

/** All courses. Inputs may come in any order, and twice; `take` says what follows from them by now. */
export class Courses {
  readonly #next: typeof plan;
  #rules: Rules = { remediers: [], strategyOf: () => "observe", operations: new Set() };
  readonly #faults = new Map<string, Fault>();
  readonly #entries = new Map<string, Entry[]>();
  /** Which course a request belongs to. */
  readonly #asked = new Map<string, Place & Pick<Entry, "step" | "attempt" | "operation" | "deed">>();
  /** The ids of a course's requests. */
  readonly #ids = new Map<string, Set<string>>();
  /** Keys of courses of which something was said, per fault: while there are any, it is remembered. */
  readonly #byFault = new Map<string, Set<string>>();
  /** Keys of courses per target's uid. */
  readonly #byTarget = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  readonly #heap = new Heap<{ key: string; at: number }>();
  /** When a course is looked at next, by itself. */
  readonly #at = new Map<string, number>();
  /** The latest word of its owner that a course was held by. */
  readonly #held = new Map<string, string>();

  /** @param next only a test brings another */
  constructor(next: typeof plan = plan) {
    this.#next = next;
  }

  configure(rules: Rules): void {
    this.#rules = rules;
    for (const fingerprint of this.#faults.keys()) this.#touch(fingerprint);
  }

  /** A fault as it stands now; an older episode than the one that is known is no news. */
  fault(fault: Fault): void {
    const { fingerprint, episode } = fault.ailment;
    const known = this.#faults.get(fingerprint);
    if (known && known.ailment.episode > episode) return;
    // Another object has the name now.
    if (known && known.ailment.target.uid !== fault.ailment.target.uid)
      for (const key of this.#keysOf(known)) this.#byTarget.get(known.ailment.target.uid)?.delete(key);
    // What was begun for an episode that is over still has an end.
    if (known && known.ailment.episode < episode) this.#over(known);
    this.#faults.set(fingerprint, fault);
    this.#touch(fingerprint);
    if (fault.isOpen || this.#keysOf(fault).some((key) => this.#entries.has(key))) return;
    for (const key of this.#keysOf(fault)) this.#forget(key, fault);
    this.#drop(fingerprint);
  }

  #keysOf(fault: Fault): string[] {
    return [...new Set(this.#rules.remediers.map(({ metadata }) => keyOf(fault, metadata.name)))];
  }

  /** What was asked, or what came of it. `id` is the request's. */
  entry(id: string, { key, uid }: Place, entry: Entry): void {
    const all = this.#entries.get(key) ?? [];
    if (all.some((one) => one.what === entry.what && one.step === entry.step && one.attempt === entry.attempt)) return;
    // Its own word may come back before, or after, the answer to it.
    const isAnswered = all.some(
      (one) => one.what !== "observed" && one.step === entry.step && one.attempt === entry.attempt,
    );
    if (entry.what === "asked" && isAnswered) return;
    all.push(entry);
    this.#entries.set(key, all);
    const fingerprint = faultOf(key);
    this.#byFault.set(fingerprint, (this.#byFault.get(fingerprint) ?? new Set()).add(key));
    const { step, attempt, operation, deed } = entry;
    this.#asked.set(id, { key, uid, step, attempt, operation, deed });
    this.#ids.set(key, (this.#ids.get(key) ?? new Set()).add(id));
    this.#index(key, uid);
    this.#wake(key, uid);
  }

  /** Of a request that is known: what the executor says of it names no remedier. */
  requestOf(id: string) {
    return this.#asked.get(id);
  }

  /** When time alone may bring something. */
  get nextAt(): number | undefined {
    return this.#dirty.size > 0 ? 0 : this.#heap.first;
  }

  /** What is due by now. Each is said once: it counts as asked from here on. */
  take(now: number): Effect[] {
    for (let one = this.#heap.popDue(now); one; one = this.#heap.popDue(now))
      if (this.#at.get(one.key) === one.at) this.#dirty.add(one.key);
    const effects: Effect[] = [];
    // What follows from what is said now is said now too, but for a chain without an end.
    for (let round = 0; this.#dirty.size > 0 && round < ROUNDS; round++) {
      const keys = [...this.#dirty];
      this.#dirty.clear();
      for (const key of keys) effects.push(...this.#look(key, now));
    }
    return effects;
  }

  pending(now: number): Pending[] {
    return [...this.#faults.values()].flatMap((fault) =>
      fault.isOpen
        ? this.#rules.remediers
            .filter((one) => isFor(one, fault.ailment, fault.status))
            .map((remedier) => {
              const strategy = this.#rules.strategyOf(fault, remedier);
              const entries = this.#entries.get(keyOf(fault, remedier.metadata.name)) ?? [];
              return {
                fault,
                remedier: remedier.metadata.name,
                strategy,
                entries,
                next: this.#plan(fault, remedier, now),
              };
            })
        : [],
    );
  }

  #touch(fingerprint: string): void {
    const fault = this.#faults.get(fingerprint)!;
    const { uid } = fault.ailment.target;
    for (const key of this.#keysOf(fault)) {
      this.#index(key, uid);
      this.#dirty.add(key);
    }
  }

  /** It and all that want the same deed. */
  #wake(key: string, uid: string): void {
    this.#dirty.add(key);
    for (const other of this.#byTarget.get(uid) ?? []) this.#dirty.add(other);
  }

  #index(key: string, uid: string): void {
    const keys = this.#byTarget.get(uid) ?? new Set();
    this.#byTarget.set(uid, keys.add(key));
  }

  #over(fault: Fault): void {
    for (const key of this.#keysOf(fault)) {
      const entries = this.#entries.get(key);
      if (entries && !isUnderWay(entries)) this.#forget(key, fault);
    }
  }

  /** What is over, and has no course any more: what was granted in an earlier episode still ends. */
  #drop(fingerprint: string): void {
    if (!this.#byFault.has(fingerprint) && this.#faults.get(fingerprint)?.isOpen === false)
      this.#faults.delete(fingerprint);
  }

  #forget(key: string, fault: Fault): void {
    this.#entries.delete(key);
    const courses = this.#byFault.get(faultOf(key));
    courses?.delete(key);
    if (courses?.size === 0) this.#byFault.delete(faultOf(key));
    this.#at.delete(key);
    this.#held.delete(key);
    const keys = this.#byTarget.get(fault.ailment.target.uid);
    keys?.delete(key);
    if (keys?.size === 0) this.#byTarget.delete(fault.ailment.target.uid);
    for (const id of this.#ids.get(key) ?? []) this.#asked.delete(id);
    this.#ids.delete(key);
  }

  #plan(fault: Fault, { metadata, spec }: Remedier, now: number): Plan {
    const key = keyOf(fault, metadata.name);
    const { uid } = fault.ailment.target;
    const others = [...(this.#byTarget.get(uid) ?? [])]
      .filter((one) => one !== key)
      .flatMap((one) => {
        const entries = this.#entries.get(one) ?? [];
        return [...new Set(entries.map(({ deed }) => deed))].map((deed) => ({ deed, entries }));
      });
    const { strategyOf, operations } = this.#rules;
    return this.#next({
      spec,
      ailment: fault.ailment,
      isOpen: fault.isOpen,
      strategy: strategyOf(fault, { metadata, spec } as Remedier),
      entries: this.#entries.get(key) ?? [],
      others,
      operations,
      now,
    });
  }

  #look(key: string, now: number): Effect[] {
    const [fingerprint, episode, ...rest] = key.split("/");
    const name = rest.join("/");
    const remedier = this.#rules.remediers.find(({ metadata }) => metadata.name === name);
    const known = this.#faults.get(fingerprint!);
    // Of an earlier episode: what was granted then still ends.
    const earlier: Fault | undefined = known && {
      ailment: { ...known.ailment, episode: Number(episode) },
      isOpen: false,
    };
    const fault = known?.ailment.episode === Number(episode) ? known : earlier;
    const entries = this.#entries.get(key) ?? [];
    if (!remedier || !fault || (entries.length === 0 && !isFor(remedier, fault.ailment, fault.status))) return [];
    const next = this.#plan(fault, remedier, now);
    this.#at.delete(key);
    if (next.do === "wait") this.#wakeAt(key, next.at);
    if (next.do === "hold") return this.#hold(key, next, fault, remedier, now);
    if (next.do === "nothing" && !fault.isOpen) this.#wakeForgetting(key, fault, entries, now);
    if (next.do === "nothing" || next.do === "wait") return [];
    return [this.#effect(key, next, fault, remedier, now)];
  }

  #wakeAt(key: string, at: number): void {
    this.#at.set(key, at);
    this.#heap.push(at, { key, at });
  }

  #wakeForgetting(key: string, fault: Fault, entries: readonly Entry[], now: number): void {
    const at = (entries.at(-1)?.at ?? 0) + REMEMBERED;
    if (isUnderWay(entries)) return;
    if (at > now) this.#wakeAt(key, at);
    else {
      this.#forget(key, fault);
      this.#drop(fault.ailment.fingerprint);
    }
  }

  #hold(
    key: string,
    { step, why, at }: Extract<Plan, { do: "hold" }>,
    fault: Fault,
    remedier: Remedier,
    now: number,
  ): Effect[] {
    if (at !== undefined) this.#wakeAt(key, at);
    const word = `${step}/${why}`;
    if (this.#held.get(key) === word) return [];
    this.#held.set(key, word);
    const { operation, params } = remedier.spec.steps[step]!;
    const due = this.#dueOf(fault, remedier, { step, attempt: 0, operation, params: params ?? {} }, now);
    return [{ kind: "held", due, message: why, ...(at !== undefined && { until: at }) }];
  }

  #effect(
    key: string,
    next: Exclude<Plan, { do: "nothing" | "wait" | "hold" }>,
    fault: Fault,
    remedier: Remedier,
    now: number,
  ): Effect {
    if (next.do === "ask") {
      const due = this.#dueOf(fault, remedier, next, now);
      const { step, attempt, operation } = next;
      const what = due.strategy === "observe" ? "observed" : "asked";
      this.entry(
        due.id,
        { key, uid: due.target.uid },
        { what, step, attempt, at: now, operation, deed: deedOf(operation, next.params) },
      );
      return { kind: "due", due };
    }
    const isExpired = next.do === "expire";
    const { step, attempt, operation, deed } = isExpired
      ? next.grant
      : { ...deedAt(remedier, next.step), step: next.step, attempt: 0 };
    const due = this.#dueOf(fault, remedier, { step, attempt, operation, params: {} }, now);
    const what = isExpired ? "expired" : "escalated";
    this.entry(due.id, { key, uid: due.target.uid }, { what, step, attempt, at: now, operation, deed });
    return isExpired
      ? { kind: what, due, fence: next.grant.fence, message: `${operation} was granted and nobody began it in time` }
      : { kind: what, due, message: next.why };
  }

  #dueOf(
    fault: Fault,
    remedier: Remedier,
    next: { step: number; attempt: number; operation: string; params: Readonly<Record<string, unknown>> },
    now: number,
  ): RemedyDue {
    const { ailment } = fault;
    const { step, attempt, operation, params } = next;
    const { name } = remedier.metadata;
    const matter = matterOf(ailment.fingerprint, ailment.episode, name, step);
    const strategy = this.#rules.strategyOf(fault, remedier);
    const flaw = strategy === "observe" ? this.#rules.flawOf?.(remedier) : undefined;
    return {
      id: requestId(strategy === "observe" ? `${matter}/observe` : matter, attempt),
      matter,
      ailment,
      remedier: name,
      strategy,
      ...(flaw !== undefined && { flaw }),
      step,
      attempt,
      operation,
      ...(Object.keys(params).length > 0 && { params }),
      target: ailment.target,
      due: now,
    };
  }
}

const faultOf = (key: string): string => key.slice(0, key.indexOf("/"));
const keyOf = ({ ailment }: Fault, remedier: string): string =>
  courseKey(ailment.fingerprint, ailment.episode, remedier);

function deedAt({ spec }: Remedier, step: number) {
  const { operation, params } = spec.steps[step]!;
  return { operation, deed: deedOf(operation, params) };
}
