import type { Finding, Stamp } from "#sdk/terms.ts";
import { type Entry, entryId, type Held, type Statement, type View } from "./state.ts";

/** A statement with the entry that makes it. */
export interface Stated {
  readonly id: string;
  readonly entry: Entry;
  readonly statement: Statement;
}

/** What the ledger holds, and the indexes by which it finds it. */
export class LedgerStore {
  readonly #entries = new Map<string, Entry>();
  readonly #findings = new Map<string, Held>();
  /** Entries that state (or stated) a problem, by fingerprint. */
  readonly #statedBy = new Map<string, Set<string>>();
  /** Entries with something that time alone will decide, by cluster. */
  readonly #waiting = new Map<string, Set<string>>();
  /** Keys that could not be checked, by instance. */
  readonly #failing = new Map<string, Set<string>>();
  /** Stamps of keys that hold nothing, until the floor has passed them; by cluster. */
  readonly #settled = new Map<string, Map<string, Stamp>>();

  entry(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  entries(): [string, Entry][] {
    return [...this.#entries];
  }

  /** Keeps an entry; undefined = it is forgotten. */
  set(id: string, entry: Entry | undefined): void {
    const before = this.#entries.get(id);
    const of = entry ?? before;
    if (!of) return;
    for (const { problem } of before?.statements ?? []) unlink(this.#statedBy, problem.fingerprint, id);
    for (const { problem } of entry?.statements ?? []) link(this.#statedBy, problem.fingerprint, id);
    if (entry) this.#entries.set(id, entry);
    else this.#entries.delete(id);
    (entry?.due === undefined ? unlink : link)(this.#waiting, of.cluster, id);
    (entry?.error === undefined ? unlink : link)(this.#failing, entryId(of.cluster, of.instance, ""), id);
  }

  /** All that is said of one finding, by whichever key. */
  stated(fingerprint: string): Stated[] {
    return [...(this.#statedBy.get(fingerprint) ?? [])].flatMap((id) => {
      const entry = this.#entries.get(id)!;
      return entry.statements.flatMap((statement) =>
        statement.problem.fingerprint === fingerprint ? [{ id, entry, statement }] : [],
      );
    });
  }

  waiting(cluster: string): string[] {
    return [...(this.#waiting.get(cluster) ?? [])];
  }

  /** One of the instance's keys that could not be checked: the one that failed first. */
  failing(cluster: string, instance: string): Entry | undefined {
    const [id] = this.#failing.get(entryId(cluster, instance, "")) ?? [];
    return id === undefined ? undefined : this.#entries.get(id);
  }

  finding(fingerprint: string): Held | undefined {
    return this.#findings.get(fingerprint);
  }

  isOpen(fingerprint: string): boolean {
    return this.#findings.get(fingerprint)?.finding.state === "open";
  }

  hold(finding: Finding, at: number): void {
    this.#findings.set(finding.fingerprint, { finding, at });
  }

  findings(): Finding[] {
    return [...this.#findings.values()].map(({ finding }) => finding);
  }

  settledStamp(cluster: string, id: string): Stamp | undefined {
    return this.#settled.get(cluster)?.get(id);
  }

  settle(cluster: string, id: string, stamp: Stamp): void {
    const stamps = this.#settled.get(cluster);
    if (stamps) stamps.set(id, stamp);
    else this.#settled.set(cluster, new Map([[id, stamp]]));
  }

  /** Verdicts below the floor are known to be doubles without their stamps being kept. */
  sweep(cluster: string, { epoch, floor }: View): void {
    const stamps = this.#settled.get(cluster);
    for (const [id, stamp] of stamps ?? []) if (stamp.epoch < epoch || stamp.seq < floor) stamps!.delete(id);
  }
}

function link(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids) ids.add(id);
  else map.set(key, new Set([id]));
}

function unlink(map: Map<string, Set<string>>, key: string, id: string): void {
  const ids = map.get(key);
  if (ids?.delete(id) && ids.size === 0) map.delete(key);
}
