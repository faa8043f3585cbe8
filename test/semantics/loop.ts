import { Tables } from "#broker/table/tables.ts";
import { LedgerFold } from "#functions/ledger/fold.ts";
import { Planner } from "#functions/watcher/planner.ts";
import { compileReads } from "#sdk/case/compile.ts";
import type { Inspection } from "#sdk/case/inspection.ts";
import { judge } from "#sdk/case/judge.ts";
import { manifestOf } from "#sdk/case/manifest.ts";
import { parseJson } from "#sdk/event/json.ts";
import { instancesOn } from "#sdk/resources/instances.ts";
import { API_VERSION, type ProbeConfig } from "#sdk/resources/schemas.ts";
import type { Check, CheckError, Finding, Verdict } from "#sdk/terms.ts";

const CLUSTER = "c";
export const START = Date.parse("2026-01-01T12:00:00Z");

export interface LoopOptions {
  /** A ProbeConfig's spec for the case. */
  readonly spec?: Omit<ProbeConfig["spec"], "case">;
  /** `null` = the view of this kind is not there yet. */
  readonly ages?: Readonly<Record<string, number | null>>;
}

/** Table → check → case → verdict → ledger, with no process and no I/O between them, and time in the test's hand. */
export class Loop {
  readonly #definition: Inspection;
  readonly #ages: Record<string, number | null>;
  readonly #tables: Tables;
  readonly #planner: Planner;
  readonly #ledger = new LedgerFold();
  readonly #instances;
  #now = START;
  #offset = 0;
  #isFirst = true;
  /** Keys that were checked, in order. */
  readonly checked: string[] = [];
  /** Errors that verdicts carried. */
  readonly errors: CheckError[] = [];
  /** Events of the ledger: `raised Pod/d/a`, and so on. */
  readonly events: string[] = [];

  constructor(definition: Inspection, options: LoopOptions = {}) {
    this.#definition = definition;
    const manifest = manifestOf(definition, definition.name, "1");
    const configs: ProbeConfig[] = options.spec
      ? [
          {
            apiVersion: API_VERSION,
            kind: "ProbeConfig",
            metadata: { name: "own" },
            spec: { case: definition.name, ...options.spec },
          },
        ]
      : [];
    const instances = instancesOn({ name: CLUSTER }, [manifest], configs);
    this.#instances = new Map(instances.map((one) => [one.id, one]));
    this.#tables = new Tables(
      instances.map(({ id, params }) => ({ id, compiled: compileReads(manifest, params) })),
      () => true,
    );
    this.#planner = new Planner({ cluster: CLUSTER, epoch: 1, instances, tables: this.#tables });
    const kinds = Object.values(manifest.reads).flatMap(({ kind }) => [kind ?? []].flat() as string[]);
    this.#ages = { ...Object.fromEntries(kinds.map((kind) => [kind, 0])), ...options.ages };
    this.#tell(this.#ledger.configure(this.#instancesOf, this.#position()));
    this.#mark();
  }

  get now(): number {
    return this.#now;
  }

  put(...objects: object[]): this {
    for (const object of objects as any[]) this.#tables.upsert(kindOf(object), object, this.#now);
    return this.#run();
  }

  delete(object: object): this {
    this.#tables.remove(kindOf(object), object, this.#now);
    return this.#run();
  }

  /** Lets so many ms pass; the watcher marks at the end of them. */
  pass(ms: number): this {
    this.#now += ms;
    this.#tables.advance(this.#now);
    this.#run();
    this.#mark();
    return this;
  }

  /** How old the view of a kind is from now on (ms); null = there is none. */
  age(kind: string, ms: number | null): this {
    this.#ages[kind] = ms;
    this.#mark();
    return this;
  }

  /** The case does not run any more; or its cluster is gone. */
  remove(what: "case" | "cluster"): this {
    const none = new Map();
    this.#tell(
      this.#ledger.configure((name) => (what === "case" && name === CLUSTER ? none : undefined), this.#position()),
    );
    return this;
  }

  findings(state: Finding["state"] = "open"): Finding[] {
    return this.#ledger.findings().filter((finding) => finding.state === state);
  }

  /** Subjects of open findings of the case: `Pod/d/a`. */
  open(): string[] {
    return this.findings()
      .filter((finding) => finding.case === this.#definition.name)
      .map(say)
      .sort();
  }

  readonly #instancesOf = (name: string) => (name === CLUSTER ? this.#instances : undefined);

  #position() {
    return { offset: ++this.#offset, time: this.#now };
  }

  /** No key is checked until every kind it reads is listed and fresh: the watcher's barrier. */
  #isReady(): boolean {
    return Object.values(this.#ages).every((age) => age !== null && age <= 30_000);
  }

  #run(): this {
    if (!this.#isReady()) return this;
    for (const id of this.#instances.keys()) this.#planner.drain(id, this.#now, this.#isFirst);
    this.#isFirst = false;
    for (let records = this.#planner.take(); records.length > 0; records = this.#planner.take())
      for (const { topic, value } of records) {
        const said = parseJson(value!) as Check & Verdict;
        const verdict = topic === "checks" ? this.#judge(said) : said;
        if (verdict.error) this.errors.push(verdict.error);
        this.#planner.answered(verdict, this.#now);
        this.#tell(this.#ledger.verdict(verdict, this.#position()));
      }
    return this;
  }

  #judge(check: Check): Verdict {
    this.checked.push(JSON.stringify(check.key));
    const instance = this.#instances.get(check.instance)!;
    const { keyIsUid } = compileReads(instance.manifest, instance.params);
    const judged = judge(
      { definition: this.#definition, manifest: instance.manifest, file: "case.ts", keyIsUid },
      check,
    );
    const { id, cluster, case: name, instance: of, key, stamp } = check;
    return { id, cluster, case: name, instance: of, key, stamp, ...judged };
  }

  #mark(): void {
    this.#tell(
      this.#ledger.mark(
        {
          cluster: CLUSTER,
          stamp: this.#planner.stamp,
          floor: this.#planner.floor(),
          ages: this.#ages,
          unanswered: {},
          refused: {},
          leftOut: [],
        },
        this.#position(),
      ),
    );
  }

  #tell({ findings }: { findings: readonly { type: string; finding: Finding }[] }): void {
    for (const { type, finding } of findings)
      if (finding.case === this.#definition.name) this.events.push(`${type} ${say(finding)}`);
  }
}

const say = ({ subject }: Finding) => [subject.kind, subject.namespace, subject.name].filter(Boolean).join("/");
const kindOf = ({ apiVersion, kind }: any) => `${apiVersion}/${kind}`;

let uids = 0;
/** An object as the API server shows it. */
export const object = (apiVersion: string, kind: string, name: string, more: object = {}, metadata: object = {}) => ({
  apiVersion,
  kind,
  metadata: {
    name,
    namespace: "d",
    uid: `uid-${++uids}`,
    creationTimestamp: "2026-01-01T11:00:00Z",
    resourceVersion: String(uids),
    ...metadata,
  },
  ...more,
});
export const pod = (name: string, more: object = {}, metadata: object = {}) =>
  object("v1", "Pod", name, more, metadata);
