import type { Fault } from "#functions/healer/ailments.ts";
import { courseKey, deedOf, type Entry } from "#functions/healer/course.ts";
import { Courses, type Effect, type Place } from "#functions/healer/courses.ts";
import type { plan } from "#functions/healer/plan.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import type { Remedier } from "#sdk/resources/remedier.ts";

const remedier = (name: string, spec: object): Remedier =>
  ({ apiVersion: "roundsman.dev/v1alpha1", kind: "Remedier", metadata: { name }, spec }) as never;

/** A ladder, one that wants the same first deed for another case, one that only observes, one that asks for consent. */
export const REMEDIERS: readonly Remedier[] = [
  remedier("ladder", {
    strategy: "act",
    match: { finding: { case: ["x/a"] }, for: "60s" },
    steps: [
      { operation: "cordon" },
      { operation: "drain", after: "120s" },
      { operation: "webhook", params: { url: "u" }, after: "5m" },
    ],
    escalate: { after: "3m" },
  }),
  remedier("same", { strategy: "act", match: { finding: { case: ["x/b"] } }, steps: [{ operation: "cordon" }] }),
  remedier("watch", {
    strategy: "observe",
    match: { finding: { case: ["x/a", "x/b"] } },
    steps: [{ operation: "drain" }],
  }),
  remedier("polite", {
    strategy: "act",
    match: { finding: { case: ["x/c"] } },
    steps: [{ operation: "drain" }],
    consent: { within: "5m", otherwise: "allow" },
  }),
];
const AFTER: Readonly<Record<string, readonly number[]>> = { ladder: [0, 120_000, 300_000] };
const FOR: Readonly<Record<string, number>> = { ladder: 60_000 };
export const LATEST = 10 * 60_000 + 5_000;

export type Event =
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "open" | "close"; readonly fault: number; readonly word?: string }
  | { readonly do: "answer"; readonly which: number; readonly how: "grant" | "deny" | "denyUntil" | "wait" }
  | { readonly do: "execute"; readonly which: number; readonly how: "start" | "succeed" | "fail" | "busy" }
  | { readonly do: "restart" };

interface Asked {
  readonly due: RemedyDue;
  readonly at: number;
  answered?: "granted" | "denied" | "waiting";
  fence?: number;
  notAfter?: number;
  until?: number;
  started?: boolean;
  endedAt?: number;
  expired?: boolean;
  succeeded?: boolean;
  answeredAt?: number;
}

/** Two targets, three cases each; a remedy function and an executor that do what the history says. Throws where a promise is broken. */
export class HealerWorld {
  readonly #next: typeof plan;
  #courses: Courses;
  #now = 1_000_000_000;
  #fences = 0;
  readonly #faults = new Map<number, Fault & { readonly openedAt: number }>();
  readonly #log: [id: string, place: Place, entry: Entry][] = [];
  readonly #asked: Asked[] = [];
  readonly #observed = new Set<string>();
  readonly #escalated = new Set<string>();

  constructor(next: typeof plan) {
    this.#next = next;
    this.#courses = this.#fresh();
  }

  #fresh(): Courses {
    const courses = new Courses(this.#next);
    courses.configure({
      remediers: REMEDIERS,
      operations: new Set(["cordon", "drain", "webhook"]),
      strategyOf: (_, { spec }) => spec.strategy ?? "observe",
    });
    return courses;
  }

  apply(event: Event): void {
    if (event.do === "pass") this.#pass(event.ms);
    else if (event.do === "open") this.#open(event.fault, event.word);
    else if (event.do === "close") this.#close(event.fault);
    else if (event.do === "answer") this.#answer(event.which, event.how);
    else if (event.do === "execute") this.#execute(event.which, event.how);
    else this.#restart();
    this.#take();
  }

  /** After a long quiet time nothing that stands is left without a word. */
  settle(): void {
    for (let i = 0; i < 4; i++) this.#pass(LATEST);
    for (const [n, fault] of this.#faults) {
      if (!fault.isOpen || n % 3 !== 0) continue;
      const { uid } = fault.ailment.target;
      // The same deed may be under way for ever, for all that anybody said.
      if (this.#asked.some((one) => one.due.target.uid === uid && one.started && one.endedAt === undefined)) continue;
      // Another fault may ask for the same deed in its place.
      const own = this.#asked.filter(({ due, at }) => due.target.uid === uid && at >= fault.openedAt);
      if (own.length === 0 && fault.ailment.remedy !== "veto")
        throw new Error(`fault ${n} stands and nothing was asked`);
    }
    for (const one of this.#asked)
      if (one.answered === "granted" && !one.started && one.endedAt === undefined && !one.expired)
        throw new Error(`grant ${one.fence} was never begun, and never expired`);
  }

  #pass(ms: number): void {
    const end = this.#now + ms;
    for (let at = this.#courses.nextAt; at !== undefined && at <= end; at = this.#courses.nextAt) {
      this.#now = Math.max(this.#now, at);
      this.#take();
    }
    this.#now = end;
    this.#take();
  }

  #open(n: number, word: string | undefined): void {
    if (this.#faults.get(n)?.isOpen) return;
    const ailment = {
      fingerprint: `f${n}`,
      episode: this.#now,
      cluster: "c",
      case: `x/${"abc"[n % 3]}`,
      severity: "high" as const,
      message: "m",
      target: { apiVersion: "v1", kind: "Node", name: `n${Math.floor(n / 3)}`, uid: `u${Math.floor(n / 3)}` },
      ...(word !== undefined && { remedy: word }),
      depends: ["v1/Node"],
      since: this.#now,
    };
    const fault = { ailment, isOpen: true, openedAt: this.#now };
    this.#faults.set(n, fault);
    this.#courses.fault(fault);
  }

  #close(n: number): void {
    const fault = this.#faults.get(n);
    if (!fault?.isOpen) return;
    this.#faults.set(n, { ...fault, isOpen: false });
    this.#courses.fault({ ...fault, isOpen: false });
  }

  #say(one: Asked, entry: Partial<Entry> & { what: Entry["what"] }): void {
    const { id, ailment, remedier: name, step, attempt, operation, params } = one.due;
    const key = courseKey(ailment.fingerprint, ailment.episode, name);
    const full = { step, attempt, at: this.#now, operation, deed: deedOf(operation, params), ...entry } as Entry;
    const place = { key, uid: one.due.target.uid };
    this.#log.push([id, place, full]);
    this.#courses.entry(id, place, full);
  }

  #answer(which: number, how: string): void {
    const open = this.#asked.filter((one) => !one.answered);
    const one = open[which % Math.max(1, open.length)];
    if (!one) return;
    one.answeredAt = this.#now;
    // The defender grants nothing that is due for longer than five minutes.
    if (how === "grant" && this.#now - one.at < 300_000) {
      one.answered = "granted";
      one.fence = ++this.#fences;
      one.notAfter = this.#now + 5_000;
      this.#say(one, { what: "granted", fence: one.fence, notAfter: one.notAfter } as never);
    } else {
      one.answered = how === "wait" ? "waiting" : "denied";
      if (how === "denyUntil") one.until = this.#now + 90_000;
      this.#say(one, { what: one.answered, ...(one.until !== undefined && { until: one.until }) } as never);
    }
  }

  #execute(which: number, how: string): void {
    const open = this.#asked.filter((one) => one.answered === "granted" && one.endedAt === undefined && !one.expired);
    const one = open[which % Math.max(1, open.length)];
    if (!one || (!one.started && this.#now > one.notAfter!)) return;
    if (how === "start" || how === "succeed" || how === "fail") {
      if (!one.started) this.#say(one, { what: "started" });
      one.started = true;
    }
    if (how === "start" || (how === "busy" && one.started)) return;
    one.endedAt = this.#now;
    one.succeeded = how === "succeed";
    if (how === "succeed") this.#say(one, { what: "succeeded" });
    else
      this.#say(one, {
        what: "failed",
        failure: how === "busy" ? "busy" : "refused",
        begun: one.started === true,
      } as never);
  }

  /** What was asked and what came of it first, then what is wrong: as a process reads its topics. */
  #restart(): void {
    this.#courses = this.#fresh();
    for (const one of this.#log) this.#courses.entry(...one);
    for (const fault of this.#faults.values()) this.#courses.fault(fault);
  }

  #take(): void {
    for (const effect of this.#courses.take(this.#now)) this.#effect(effect);
  }

  #effect(effect: Effect): void {
    const { due } = effect;
    const bad = (why: string) =>
      new Error(`${due.remedier} step ${due.step} attempt ${due.attempt} of ${due.ailment.fingerprint}: ${why}`);
    const course = this.#asked.filter(
      (one) =>
        one.due.remedier === due.remedier &&
        one.due.ailment.fingerprint === due.ailment.fingerprint &&
        one.due.ailment.episode === due.ailment.episode,
    );
    const key = courseKey(due.ailment.fingerprint, due.ailment.episode, due.remedier);
    if (effect.kind === "expired") {
      const one = course.find(({ fence }) => fence === effect.fence);
      if (!one || one.started || one.endedAt !== undefined) throw bad("expired, though it was begun");
      if (this.#now < one.notAfter! + 30_000) throw bad("expired too early");
      one.expired = true;
      one.endedAt = this.#now;
      this.#log.push([
        due.id,
        { key, uid: due.target.uid },
        {
          what: "expired",
          step: due.step,
          attempt: due.attempt,
          at: this.#now,
          operation: due.operation,
          deed: deedOf(due.operation, one.due.params),
        },
      ]);
      return;
    }
    if (effect.kind === "held") return;
    const what = effect.kind === "escalated" ? "escalated" : due.strategy === "observe" ? "observed" : "asked";
    this.#log.push([
      due.id,
      { key, uid: due.target.uid },
      {
        what,
        step: due.step,
        attempt: due.attempt,
        at: this.#now,
        operation: due.operation,
        deed: deedOf(due.operation, due.params),
      },
    ]);
    const fault = [...this.#faults.values()].find(({ ailment }) => ailment.fingerprint === due.ailment.fingerprint)!;
    if (!fault.isOpen || fault.ailment.episode !== due.ailment.episode) throw bad("said of a fault that is over");
    if (effect.kind === "escalated") {
      if (this.#escalated.has(key)) throw bad("escalated twice");
      this.#escalated.add(key);
      return;
    }
    if (this.#now < fault.openedAt + (FOR[due.remedier] ?? 0)) throw bad("asked before it lasted long enough");
    if (due.remedier === "watch") {
      if (due.strategy !== "observe") throw bad("acts, though it observes");
      if (this.#observed.has(`${key}/${due.step}`)) throw bad("observed twice");
      this.#observed.add(`${key}/${due.step}`);
      return;
    }
    if (fault.ailment.remedy === "veto") throw bad("asked against a veto");
    if (due.remedier === "polite" && fault.ailment.remedy === undefined && this.#now < fault.openedAt + 300_000)
      throw bad("asked before its owner had time");
    if (this.#asked.some((one) => one.due.id === due.id)) throw bad("made due twice");
    const isOpen = (one: Asked) =>
      one.answered === undefined
        ? this.#now - one.at < 300_000
        : one.answered === "granted" && one.endedAt === undefined;
    if (course.some(isOpen)) throw bad("asked while it is under way");
    const deed = deedOf(due.operation, due.params);
    if (
      this.#asked.some(
        (one) =>
          one.due.target.uid === due.target.uid && deedOf(one.due.operation, one.due.params) === deed && isOpen(one),
      )
    )
      throw bad("the same deed is under way for another fault");
    const last = course.at(-1);
    if (last?.answered === "denied" && last.until !== undefined && last.due.step === due.step && this.#now < last.until)
      throw bad("asked before the denial was over");
    if (last && last.answered !== undefined && last.answered !== "granted" && this.#now < last.answeredAt! + 5_000)
      throw bad("asked again at once");
    if (last && due.step < last.due.step) throw bad("went back on the ladder");
    if (course.some((one) => one.due.step === due.step && one.succeeded)) throw bad("took a step that was done");
    if (due.step > 0) {
      const before = course.filter((one) => one.due.step === due.step - 1 && one.endedAt !== undefined);
      const shared = this.#asked.some(
        (one) =>
          !course.includes(one) &&
          one.endedAt !== undefined &&
          one.due.operation === ["cordon", "drain"][due.step - 1] &&
          one.due.target.uid === due.target.uid &&
          one.endedAt >= fault.openedAt,
      );
      if (before.length === 0 && !shared) throw bad("took a step without the one before");
      const ended = Math.max(...before.map((one) => one.endedAt!));
      if (before.length > 0 && !shared && this.#now < ended + AFTER[due.remedier]![due.step]!)
        throw bad("took the next step too early");
    }
    this.#asked.push({ due, at: this.#now });
  }
}
