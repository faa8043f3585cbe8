import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { Place } from "../../../functions/defender/scopes.ts";
import type { Begun, Call } from "../../property/decision-history.ts";
import type { Answered, Asked } from "./protocol.ts";
import type { Target } from "./target.ts";
import { CLUSTERS, OPERATIONS, POOLS, TARGETS } from "./world.ts";

type Ask = Extract<Call, { what: "ask" }>;
interface Sent {
  readonly asked: Asked;
  readonly place: Place;
}

/** ms of the kernel's clock, which the process under test reads too. */
export const kernelNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Ids that may be asked again: not older than the defender remembers for certain. */
const AGAIN = 5_000;

/** Many clients, each with a line of requests on its way, over few scopes, so that budgets are always contended. */
export class Load {
  readonly calls: Call[] = [];
  readonly begun: Begun[] = [];
  /** Grants that nobody has ended yet. */
  open: number[] = [];
  answered = 0;
  refused = 0;
  #recent: Sent[] = [];
  #unanswered: Sent[] = [];
  #next = 0;
  #isOn = true;
  #sockets = new Set<Socket>();
  readonly #fences = new Set<number>();
  readonly #targets: readonly Target[];
  readonly #random: () => number;
  readonly #line: number;
  readonly #record: (call: Ask) => void;
  #clients: Promise<void>[] = [];

  constructor(target: Target | readonly Target[], random: () => number, record: (call: Ask) => void, line = 64) {
    this.#targets = [target].flat() as readonly Target[];
    this.#random = random;
    this.#record = record;
    this.#line = line;
  }

  start(clients: number): void {
    this.#clients = Array.from({ length: clients }, () => this.#client());
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    this.cut();
    await Promise.all(this.#clients);
  }

  /** Ends all connections in the middle. @returns how many had requests on their way */
  cut(): number {
    const count = this.#sockets.size;
    for (const socket of this.#sockets) socket.destroy();
    return count;
  }

  async #client(): Promise<void> {
    while (this.#isOn) {
      const { port } = this.#targets[Math.floor(this.#random() * this.#targets.length)]!;
      if (port === undefined) {
        await wait(5);
        continue;
      }
      await this.#talk(connect(port, "127.0.0.1")).catch(() => undefined);
      await wait(2);
    }
  }

  async #talk(socket: Socket): Promise<void> {
    const reader = createInterface(socket).on("error", () => socket.destroy());
    const lines = reader[Symbol.asyncIterator]();
    // One that is cut off never ends by itself.
    socket.on("error", () => socket.destroy()).once("close", () => reader.close());
    this.#sockets.add(socket);
    try {
      while (this.#isOn && !socket.destroyed) {
        const batch = Array.from({ length: this.#line }, () => this.#pick());
        const invoked = kernelNow();
        socket.write(`${JSON.stringify(batch.map(({ asked }) => asked))}\n`);
        const { value, done } = await lines.next();
        const answers = done ? undefined : (JSON.parse(value) as Answered[]);
        this.#take(batch, invoked, answers);
        if (!answers) return;
      }
    } finally {
      this.#sockets.delete(socket);
      socket.destroy();
    }
  }

  #pick(): Sent {
    const now = Date.now();
    if (this.#unanswered.length > 0) return again(this.#unanswered.pop()!, now);
    if (this.#recent.length > 0 && this.#random() < 0.05)
      return again(this.#recent[Math.floor(this.#random() * this.#recent.length)]!, now);
    const any = <T>(all: readonly T[]): T => all[Math.floor(this.#random() * all.length)]!;
    const [cluster, pool, target, operation] = [any(CLUSTERS), any(POOLS), any(TARGETS), any(OPERATIONS)];
    const place = placeOf(cluster, pool, target, operation);
    const sent: Sent = { asked: [`r${this.#next++}`, now, now, cluster, pool, target, operation], place };
    this.#recent.push(sent);
    if (this.#recent.length > 2 * AGAIN) this.#recent = this.#recent.slice(AGAIN);
    return sent;
  }

  #take(batch: readonly Sent[], invoked: number, answers: readonly Answered[] | undefined): void {
    const returned = kernelNow();
    const now = Date.now();
    for (const [at, sent] of batch.entries()) {
      const { asked, place } = sent;
      const answer = answers?.[at];
      const call: Ask = { what: "ask", id: asked[0], content: "", place, invoked };
      if (!answer) {
        // Not for ever: what nobody remembers may be asked anew under another id only.
        if (this.#unanswered.length < AGAIN && now - asked[1] < 3_000) this.#unanswered.push(sent);
        if (answers) this.refused += 1;
        this.#note(call);
        continue;
      }
      const [offset, outcome, fence, notAfter, isOld] = answer;
      this.answered += 1;
      const content = isOld ? `late ${offset}` : "";
      this.#note({ ...call, content, returned, outcome, offset, ...(fence >= 0 && { fence }) });
      if (fence >= 0 && !this.#fences.has(fence)) this.#begin(place, fence, notAfter - now, returned);
    }
  }

  #note(call: Ask): void {
    this.calls.push(call);
    this.#record(call);
  }

  /** As an executor would: at once, or as late as its grant lets it by its own clock. */
  #begin(place: Place, fence: number, left: number, returned: number): void {
    this.#fences.add(fence);
    this.open.push(fence);
    if (left >= 0) this.begun.push({ place, fence, at: returned + (this.#random() < 0.5 ? 0 : left) });
  }
}

const again = ({ asked: [id, due, , ...rest], place }: Sent, now: number): Sent => ({
  asked: [id, due, now, ...rest],
  place,
});

const places = new Map<string, Place>();
function placeOf(cluster: string, pool: string, target: string, operation: string): Place {
  const key = `${cluster}/${pool}/${target}/${operation}`;
  const known = places.get(key);
  if (known) return known;
  const name = { kind: "Node", name: target };
  const place: Place = { operation, cluster, ...(pool !== "" && { pool }), actor: "bot", target: name };
  places.set(key, place);
  return place;
}
