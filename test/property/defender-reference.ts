import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Budget, Config, Match, Most } from "../../functions/defender/config.ts";
import type { Input, InputRecord } from "../../functions/defender/input.ts";

interface Event {
  readonly now: number;
  readonly utc: number;
  readonly offset: number;
  readonly input: Input;
  said?: Said;
  /** Its id was new. */
  isFirst?: boolean;
  /** A grant that no window of its time reached any more. */
  forgotten?: boolean;
  /** Offset of the record at which it was. */
  forgottenAt?: number;
}

export interface Said {
  readonly outcome: "granted" | "denied" | "waiting";
  /** What stands against it, sorted: code, budget, window. */
  readonly why: readonly string[];
  readonly fence?: number;
  readonly notAfter?: number;
}

type Of<K extends Input["kind"]> = Extract<Input, { kind: K }>;

/**
 * The defender as its words say it: it keeps everything that ever happened and looks through all of it for each answer. Slow,
 * and written without a look at the fold's ways of being quick.
 */
export class Reference {
  readonly #events: Event[] = [];
  readonly #caps: readonly Budget[];
  #now = 0;
  #last: { boot: string; ticks: number; utc: number } | undefined;
  /** Index of the event from which on hearsay counts. */
  #believed = 0;
  #count = 0;
  readonly #latches = new Set<string>();
  readonly #below = new Map<string, number>();

  constructor(caps: readonly Budget[]) {
    this.#caps = caps;
  }

  play({ offset, stamp, input }: InputRecord): Said | undefined {
    const { boot, ticks, utc, count } = stamp!;
    const last = this.#last;
    const passed = last?.boot === boot ? ticks - last.ticks : 0;
    this.#now += passed;
    if (last?.boot !== boot || Math.abs(utc - last.utc - passed) > this.#config().settings.epsilon)
      this.#believed = this.#events.length;
    this.#last = { boot, ticks, utc };
    const { settings, budgets } = this.#config();
    const windows = [...this.#caps, ...budgets].flatMap(({ limits }) => limits.map(({ per }) => per));
    for (const grant of this.grants)
      if (this.#now - grant.now > Math.max(...windows) + settings.epsilon && !grant.forgotten) {
        grant.forgotten = true;
        grant.forgottenAt = offset;
      }
    const event: Event = { now: this.#now, utc, offset, input };
    if (count !== this.#count + 1) this.#events.push({ ...event, input: { kind: "version", version: -1 } }); // a hole
    this.#count = count;
    this.#events.push(event);
    if (input.kind === "sizes" || input.kind === "config")
      this.#lookAtFloors(input.kind === "sizes" ? input.cluster : "");
    if (input.kind === "reset") this.#latches.delete(`${input.budget} ${input.in.names.join("/")}`);
    if (input.kind === "request") event.said = this.#judge(input.request);
    return event.said;
  }

  get grants(): Event[] {
    return this.#events.filter(({ said, input, offset }) => said?.fence === offset && input.kind === "request");
  }

  #all<K extends Input["kind"]>(kind: K): (Event & { input: Of<K> })[] {
    return this.#events.filter((event): event is Event & { input: Of<K> } => event.input.kind === kind);
  }

  #config(): Config {
    return (
      this.#all("config").at(-1)?.input.config ?? {
        budgets: [],
        trust: [],
        calendars: [],
        settings: { epsilon: 6_000 } as any,
      }
    );
  }

  #judge(request: OperationRequest): Said {
    const utc = this.#last!.utc;
    const offset = this.#events.at(-1)!.offset;
    const config = this.#config();
    const earlier = this.#all("request").filter(({ isFirst }) => isFirst);
    const isForgotten = (e: Event) =>
      this.#events.some((later) => later.offset > e.offset && later.now - e.now > 600_000);
    const first = earlier.find((e) => e.input.request.id === request.id && !isForgotten(e));
    if (first) {
      const words = (r: OperationRequest) => JSON.stringify({ ...r, sent: 0 });
      return words(first.input.request) === words(request) ? first.said! : { outcome: "denied", why: ["id-reused"] };
    }
    this.#events.at(-1)!.isFirst = true;
    const why = [
      ...this.#sayInitialised(),
      ...this.#saySender(request, earlier.filter(isForgotten)),
      ...this.#sayBrakes(request),
      ...this.#sayCalendars(request),
      ...this.#sayTrust(request),
      ...this.#sayHeard(request),
      ...[...this.#caps, ...config.budgets].flatMap((budget) => this.#sayBudget(budget, request)),
    ];
    if (config.settings.dangerous.includes(request.operation)) {
      const yes = this.#all("approve").findLast(
        ({ input }) => input.matter === request.matter && input.operation === request.operation,
      );
      const lasts = yes ? Math.min(yes.input.until - yes.utc, 86_400_000) : 0;
      if (!yes || utc >= yes.utc + lasts || this.#now >= yes.now + lasts) why.push("approval");
    }
    why.sort();
    if (why.length === 0) return { outcome: "granted", why, fence: offset, notAfter: utc + config.settings.notAfter };
    return { outcome: why.every((one) => one === "approval") ? "waiting" : "denied", why };
  }

  #sayInitialised(): string[] {
    const index = (found: Event | undefined) => (found ? this.#events.indexOf(found) : -1);
    return index(this.#all("init").at(-1)) > index(this.#all("version").at(-1)) ? [] : ["not-initialised"];
  }

  #saySender({ sent, due }: OperationRequest, forgotten: (Event & { input: Of<"request"> })[]): string[] {
    const utc = this.#last!.utc;
    const { epsilon } = this.#config().settings;
    const why: string[] = [];
    if (Math.abs(sent - utc) > epsilon || due > utc + epsilon) why.push("sender-clock");
    const believed = forgotten.filter(
      ({ said }) =>
        !said!.why.includes("sender-clock") && !said!.why.includes("too-old") && !said!.why.includes("id-reused"),
    );
    if (utc - due > 300_000 || believed.some(({ input }) => input.request.due >= due)) why.push("too-old");
    return why;
  }

  #sayBrakes(request: OperationRequest): string[] {
    const on: string[] = [];
    for (const brake of this.#all("brake")) {
      const same = JSON.stringify(brake.input.in);
      const again = this.#all("brake").some((b) => b.offset > brake.offset && JSON.stringify(b.input.in) === same);
      const released = this.#all("release").some(
        (r) => r.offset > brake.offset && JSON.stringify(r.input.in) === same && r.input.brake === brake.offset,
      );
      // One that was let go before it was pulled again stays let go; one pulled twice is one brake.
      if (again || released) continue;
      const { scope, names } = brake.input.in;
      if (JSON.stringify(names) === JSON.stringify(namesOf(scope, request))) on.push(`brake ${scope}`);
    }
    return on.map(() => "brake");
  }

  #sayCalendars(request: OperationRequest): string[] {
    const utc = this.#last!.utc;
    return this.#config().calendars.flatMap(({ kind, spans, until, match, operations, name }) => {
      if (!fits(match, operations, request)) return [];
      if (utc >= until) return [`calendar-ended ${name}`];
      const within = spans.some(({ from, to }) => from <= utc && utc < to);
      if (kind === "freeze") return within ? [`freeze ${name}`] : [];
      return within ? [] : [`outside-maintenance ${name}`];
    });
  }

  #sayTrust(request: OperationRequest): string[] {
    const levels = ["observe", "cordon", "drain", "act"];
    const needs = { cordon: 1, drain: 2, evict: 2 }[request.operation] ?? 3;
    const rule = this.#config().trust.find(({ match }) => fits(match, undefined, request));
    return levels.indexOf(rule?.level ?? "observe") >= needs ? [] : ["trust"];
  }

  #heartbeat(cluster: string) {
    const heart = this.#all("heartbeat").findLast(({ input }) => input.cluster === cluster);
    return heart && this.#events.indexOf(heart) >= this.#believed && this.#now - heart.now <= 60_000
      ? heart
      : undefined;
  }

  #sayHeard({ cluster, depends }: OperationRequest): string[] {
    const why: string[] = [];
    const utc = this.#last!.utc;
    const { settings } = this.#config();
    const heart = this.#heartbeat(cluster);
    if (!heart) why.push("cluster-silent");
    else {
      for (const kind of depends) {
        const age = heart.input.ages[kind] ?? null;
        if (age === null || age + this.#now - heart.now > 30_000) why.push("view-stale");
      }
      const { stale, total } = heart.input.leases;
      if (stale >= settings.staleLeases.atLeast && stale / total > settings.staleLeases.percent / 100)
        why.push("doubt");
    }
    const executor = this.#all("executor").findLast(({ input }) => input.cluster === cluster);
    if (!executor || this.#events.indexOf(executor) < this.#believed || this.#now - executor.now > 60_000)
      why.push("executor-silent");
    else {
      const itsClock = executor.input.clock + (this.#now - executor.now);
      if (Math.abs(itsClock - utc) > settings.epsilon - settings.notAfter) why.push("executor-clock");
    }
    return why;
  }

  #size(budget: Budget, names: readonly string[]): { total: number; healthy: number; all: number } | undefined {
    const kind = budget.of ?? (budget.scope === "namespace" ? "Pod" : "Node");
    const sizesOf = (cluster: string) =>
      this.#all("sizes").findLast(({ input }) => input.cluster === cluster)?.input.scopes;
    if (budget.scope === "fleet") {
      const clusters = [...new Set(this.#all("sizes").map(({ input }) => input.cluster))];
      const one = (c: string) => sizesOf(c)!.find((s) => s.scope === "cluster" && s.kind === kind)!;
      const heard = clusters.filter((c) => this.#heartbeat(c));
      if (heard.length === 0) return undefined;
      const sum = (of: string[], what: "total" | "healthy") => of.reduce((n, c) => n + one(c)[what], 0);
      return { total: sum(heard, "total"), healthy: sum(heard, "healthy"), all: sum(clusters, "total") };
    }
    const [cluster, name = ""] = names;
    if (!this.#heartbeat(cluster!)) return undefined;
    const size = sizesOf(cluster!)?.find((s) => s.scope === budget.scope && s.name === name && s.kind === kind);
    return size && { total: size.total, healthy: size.healthy, all: size.total };
  }

  /** A report, or other budgets: what is below its floor now. Of a silent cluster too: its report is what it last said. */
  #lookAtFloors(changed: string): void {
    for (const budget of this.#config().budgets) {
      if (!budget.healthy) continue;
      if (budget.scope === "fleet") {
        const size = this.#size(budget, []);
        if (size && size.healthy / size.all < budget.healthy.atLeast / 100)
          this.#below.set(`${budget.name} `, this.#now);
        continue;
      }
      for (const cluster of new Set(this.#all("sizes").map(({ input }) => input.cluster))) {
        if (changed !== "" && changed !== cluster) continue;
        const { scopes } = this.#all("sizes").findLast(({ input }) => input.cluster === cluster)!.input;
        for (const s of scopes)
          if (s.scope === budget.scope && s.kind === "Node" && s.healthy / s.total < budget.healthy.atLeast / 100)
            this.#below.set(`${budget.name} ${[cluster, ...(s.name ? [s.name] : [])].join("/")}`, this.#now);
      }
    }
  }

  #sayBudget(budget: Budget, request: OperationRequest): string[] {
    const names = namesOf(budget.scope, request);
    if (names === undefined || !fits(budget.match, budget.operations, request)) return [];
    const { epsilon } = this.#config().settings;
    const why: string[] = [];
    const key = `${budget.name} ${names.join("/")}`;
    const counted = this.grants.filter(({ input }) => {
      const other = (input as Of<"request">).request;
      return (
        JSON.stringify(namesOf(budget.scope, other)) === JSON.stringify(names) &&
        fits(budget.match, budget.operations, other)
      );
    });
    const size = this.#size(budget, names);
    const countOf = (most: Most) =>
      typeof most === "number" ? most : size && Math.floor((size.total * most.percent) / 100);
    if (budget.inFlight !== undefined) {
      const open = counted.filter(
        ({ offset, now }) =>
          this.#now - now <= 86_400_000 && !this.#all("outcome").some(({ input }) => input.fence === offset),
      );
      const most = countOf(budget.inFlight);
      if (most === undefined) why.push(`size-unknown ${budget.name}`);
      else if (open.length >= most) why.push(`in-flight ${budget.name}`);
    }
    const init = this.#all("init").at(-1)?.offset ?? -1;
    // Whatever it was: it might have counted here. What was before a person answered for the past counts no more.
    const forgotten = this.grants.filter((grant) => grant.forgotten && grant.forgottenAt! > init);
    let isSpent = false;
    for (const { most, per } of budget.limits) {
      const limit = countOf(most);
      const isIn = ({ now }: Event) => this.#now - now <= per + epsilon;
      const used = counted.filter((grant) => !grant.forgotten && isIn(grant)).length;
      if (limit === undefined) why.push(`size-unknown ${budget.name} ${per}`);
      else if (used >= limit) {
        why.push(`spent ${budget.name} ${per}`);
        isSpent = true;
      } else if (forgotten.some(isIn)) why.push(`history ${budget.name} ${per}`);
    }
    if (budget.healthy) {
      if (!size) why.push(`size-unknown ${budget.name}`);
      else if (size.healthy / size.all < budget.healthy.atLeast / 100) {
        why.push(`unhealthy ${budget.name}`);
        this.#below.set(key, this.#now);
      } else if (this.#now - (this.#below.get(key) ?? -1e15) <= budget.healthy.coolDown)
        why.push(`cooling-down ${budget.name}`);
    }
    if (budget.whenSpent === "latch") {
      if (this.#latches.has(key)) why.push(`latched ${budget.name}`);
      else if (isSpent) this.#latches.add(key);
    }
    return why;
  }
}

function namesOf(scope: Budget["scope"], r: OperationRequest): string[] | undefined {
  switch (scope) {
    case "fleet":
      return [];
    case "cluster":
      return [r.cluster];
    case "zone":
      return [r.cluster, r.zone ?? ""];
    case "pool":
      return [r.cluster, r.pool ?? ""];
    case "namespace":
      return r.target.namespace === undefined ? undefined : [r.cluster, r.target.namespace];
    case "owner":
      return [r.owner ?? ""];
    case "actor":
      return [r.actor];
    case "target":
      return [r.cluster, r.target.kind, r.target.namespace ?? "", r.target.name];
  }
}

/** Globs here end in a star, or hold none. */
const glob = (patterns: readonly string[] | undefined, text = "") =>
  patterns === undefined || patterns.some((p) => (p.endsWith("*") ? text.startsWith(p.slice(0, -1)) : p === text));

const fits = (match: Match | undefined, operations: readonly string[] | undefined, r: OperationRequest): boolean =>
  (operations?.includes(r.operation) ?? true) &&
  glob(match?.cluster, r.cluster) &&
  glob(match?.pool, r.pool) &&
  glob(match?.namespace, r.target.namespace) &&
  glob(match?.owner, r.owner) &&
  glob(match?.actor, r.actor);
