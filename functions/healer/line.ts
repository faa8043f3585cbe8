/** The line of sight of one fault: finding → requests → decisions → jobs → outcomes. A fold over what the log holds of it. */
import { conditionEpisode, conditionFingerprint, isWell, type NodeCondition } from "#sdk/operation/condition.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import { jobName } from "#sdk/operation/job.ts";
import type { Target } from "#sdk/operation/request.ts";
import type { Finding } from "#sdk/terms.ts";
import type { What, Word } from "./words.ts";

export interface Line {
  readonly fingerprint: string;
  readonly cluster?: string;
  readonly case?: string;
  /** As it stands; a node's condition is none. */
  readonly finding?: Finding;
  /** The oldest first, as far back as the log holds something of them. */
  readonly episodes: readonly Episode[];
}

export interface Episode {
  readonly episode: number;
  /** Unix ms. */
  readonly raised?: number;
  readonly resolved?: number;
  readonly message?: string;
  /** Why it was resolved, where its cause did not simply go. */
  readonly reason?: string;
  /** In the order in which they became due. */
  readonly requests: readonly RequestLine[];
}

export interface RequestLine {
  readonly id: string;
  readonly matter?: string;
  readonly remedier?: string;
  readonly step?: number;
  readonly attempt?: number;
  readonly operation: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly target: Target;
  readonly decision?: Decision;
  /** The RemedyOperationJob that it is done under, once it is granted. */
  readonly job?: string;
  /** How far it came. */
  readonly outcome: What;
  /** All that was said of it, in order. */
  readonly words: readonly Word[];
}

interface Life {
  readonly episode: number;
  raised?: number;
  resolved?: number;
  message?: string;
  reason?: string;
  readonly requests: Map<string, Word[]>;
}

/** Of one fault. Everything may come twice; the words of one topic come in order. */
export class LineFold {
  readonly #fingerprint: string;
  readonly #lives = new Map<number, Life>();
  readonly #decisions = new Map<string, Decision>();
  #finding: Finding | undefined;
  #cluster: string | undefined;
  #case: string | undefined;

  constructor(fingerprint: string) {
    this.#fingerprint = fingerprint;
  }

  finding(finding: Finding): void {
    if (finding.fingerprint !== this.#fingerprint) return;
    const { cluster, episode, firstSeen, resolvedAt, reason, message } = finding;
    this.#finding = finding;
    this.#cluster = cluster;
    this.#case = finding.case;
    const life = this.#life(episode);
    life.raised = Date.parse(firstSeen);
    life.message = message;
    if (resolvedAt !== undefined) life.resolved = Date.parse(resolvedAt);
    if (reason !== undefined) life.reason = reason;
  }

  word(word: Word): void {
    if (word.finding?.fingerprint !== this.#fingerprint) return;
    this.#cluster ??= word.cluster;
    this.#case ??= word.case;
    const { requests } = this.#life(word.finding.episode);
    const words = requests.get(word.id) ?? [];
    requests.set(word.id, words);
    if (!words.some(({ what, message }) => what === word.what && message === word.message)) words.push(word);
  }

  /** Each transition ends the life before it, and begins another where it is not to the well. */
  condition(fact: NodeCondition, time: number): void {
    const { cluster, node, type, status, reason, gone } = fact;
    if (conditionFingerprint(cluster, node, type) !== this.#fingerprint) return;
    this.#cluster = cluster;
    this.#case = `condition/${type}`;
    const episode = conditionEpisode(fact);
    const at = gone === true ? time : episode || time;
    const before = this.#sorted().findLast((life) => (gone === true ? true : life.episode < episode));
    const isOver = gone === true || isWell(fact);
    if (before && before.resolved === undefined) {
      before.resolved = at;
      if (gone === true) before.reason = "the node is gone";
      else if (!isOver) before.reason = `${type} turned ${status}`;
    }
    if (isOver) return;
    const life = this.#life(episode);
    life.raised ??= at;
    life.message = `${type} is ${status}${reason === undefined ? "" : ` (${reason})`}`;
  }

  /** Whoever used its id for something else was denied for that: not this request. */
  decision(decision: Decision): void {
    const known = this.#decisions.get(decision.id);
    if (!known || known.offset > decision.offset) this.#decisions.set(decision.id, decision);
  }

  /** The target of its latest request. */
  get target(): Target | undefined {
    return [...this.#lives.values()].flatMap(({ requests }) => [...requests.values()]).at(-1)?.[0]?.target;
  }

  /** Requests whose decision nobody repeated: since when, and which. */
  undecided(): { readonly ids: ReadonlySet<string>; readonly since: number } {
    const all = [...this.#lives.values()]
      .flatMap(({ requests }) => [...requests.values()])
      .filter((words) => words.every(({ what }) => what !== "observed") && words.some(({ what }) => what !== "held"))
      .filter((words) => words.every(({ decision }) => !decision));
    const ids = new Set(all.map(([first]) => first!.id));
    return { ids, since: Math.min(...all.map(([first]) => first!.at)) };
  }

  line(): Line {
    const episodes = this.#sorted().map(({ requests, ...life }) => ({
      ...life,
      requests: [...requests.values()]
        .map((words) => this.#request(words))
        .sort((a, b) => a.words[0]!.at - b.words[0]!.at),
    }));
    return {
      fingerprint: this.#fingerprint,
      ...(this.#cluster !== undefined && { cluster: this.#cluster }),
      ...(this.#case !== undefined && { case: this.#case }),
      ...(this.#finding && { finding: this.#finding }),
      episodes,
    };
  }

  #sorted(): Life[] {
    return [...this.#lives.values()].sort((a, b) => a.episode - b.episode);
  }

  #life(episode: number): Life {
    const known = this.#lives.get(episode) ?? { episode, requests: new Map() };
    this.#lives.set(episode, known);
    return known;
  }

  #request(said: readonly Word[]): RequestLine {
    // Of two topics: what was due is no later than what came of it.
    const words = said.toSorted((a, b) => Number(b.what === "due") - Number(a.what === "due") || a.at - b.at);
    const [first] = words as [Word, ...Word[]];
    const { id, operation, target } = first;
    const of = { ...words.find(({ remedier }) => remedier !== undefined) };
    const { matter, remedier, step, attempt, params } = of;
    const decision = words.find((word) => word.decision)?.decision ?? this.#decisions.get(id);
    const isGranted = words.some(({ grant, executor }) => grant !== undefined || executor !== undefined);
    return {
      id,
      ...(matter !== undefined && { matter }),
      ...(remedier !== undefined && { remedier }),
      ...(step !== undefined && { step }),
      ...(attempt !== undefined && { attempt }),
      operation,
      ...(params && { params }),
      target,
      ...(decision && { decision }),
      ...(isGranted && { job: jobName(target) }),
      outcome: outcomeOf(words),
      words,
    };
  }
}

/** What says nothing of how far the request came: that the claim was taken back, that a person was told of the ladder's end. */
const BESIDE: readonly What[] = ["undone", "escalated"];
const outcomeOf = (words: readonly Word[]): What =>
  (words.findLast(({ what }) => !BESIDE.includes(what)) ?? words.at(-1)!).what;
