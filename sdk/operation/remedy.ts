/**
 * What passes between healer, remedy function and executor: a remedy that is due (topic `due`), and what came of asking
 * (topic `remedies`). What the executor says of it is in `outcome.ts`.
 */
import { hashOf } from "../case/identity.ts";
import { recordOf } from "../event/record.ts";
import type { Finding } from "../terms.ts";
import type { Decision } from "./decision.ts";
import type { Granted } from "./granted.ts";
import type { Target } from "./request.ts";

/** What is wrong, as far as a remedy goes by it: a finding's, or a node condition's. */
export interface Ailment {
  readonly fingerprint: string;
  readonly episode: number;
  readonly cluster: string;
  /** The case, or `condition/<type>`. */
  readonly case: string;
  /** The case's instance, where it runs twice. */
  readonly instance?: string;
  readonly rule?: string;
  readonly severity?: Finding["severity"];
  readonly message: string;
  readonly owner?: string;
  readonly target: Target;
  readonly zone?: string;
  readonly pool?: string;
  /** The owner's word: `allow`, `veto`, `delay`, or an operation instead. */
  readonly remedy?: string;
  /** The kinds that it was seen in, such as `v1/Node`. */
  readonly depends: readonly string[];
  /** Unix ms: how long it has lasted is counted from here. */
  readonly since: number;
  /** The finding's: what is done about it is of its trace. */
  readonly traceparent?: string;
}

/** `observe`: say what one would do. */
export type Strategy = "observe" | "act";

/** Stays the same over attempts: what a person approves. */
export const matterOf = (fingerprint: string, episode: number, remedier: string, step: number): string =>
  hashOf([fingerprint, episode, remedier, step], 24);

/** A request's id: asked twice it is asked once. */
export const requestId = (matter: string, attempt: number): string => hashOf([matter, attempt], 24);

/** The data of `dev.roundsman.remedy.due.v1`: all that the remedy function goes by. */
export interface RemedyDue {
  readonly id: string;
  readonly matter: string;
  readonly ailment: Ailment;
  readonly remedier: string;
  readonly strategy: Strategy;
  /** Why it only observes, though its remedier was told to act. */
  readonly flaw?: string;
  /** From 0. */
  readonly step: number;
  readonly attempt: number;
  readonly operation: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly target: Target;
  /** Unix ms by the healer's clock. */
  readonly due: number;
}

/** What it is about, in every answer. */
export interface About {
  readonly id: string;
  readonly matter: string;
  readonly cluster: string;
  readonly case: string;
  readonly remedier: string;
  readonly step: number;
  readonly attempt: number;
  readonly operation: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly target: Target;
  readonly finding: { readonly fingerprint: string; readonly episode: number };
}

/** The data of `remedy.denied` and `remedy.waiting`; `decision` is left out where the defender could not be asked. */
export interface NotGranted extends About {
  readonly decision?: Decision;
  /** For people: every reason, or why nobody answered. */
  readonly message: string;
  /** Unix ms: when to ask again, where that is known. */
  readonly until?: number;
}

/** The data of `remedy.observed`: what would have been done, and what the defender would have said. */
export interface Observed extends About {
  readonly message: string;
}

/** The data of `remedy.expired`: nothing was begun by not-after + 30 s, or the finding is over. */
export interface Expired extends About {
  readonly fence?: number;
  readonly message: string;
}

/** The data of `remedy.escalated`: the ladder is at its end, a person must look. */
export interface Escalated extends About {
  readonly message: string;
}

export type { Granted };

/** What every word on a request says of it. */
export const aboutOf = ({
  id,
  matter,
  ailment,
  remedier,
  step,
  attempt,
  operation,
  params,
  target,
}: RemedyDue): About => ({
  id,
  matter,
  cluster: ailment.cluster,
  case: ailment.case,
  remedier,
  step,
  attempt,
  operation,
  ...(params && { params }),
  target,
  finding: { fingerprint: ailment.fingerprint, episode: ailment.episode },
});

/** All of one target in one order. Told twice it is the same word; `word` tells apart what may be said several times of a request. */
export const remedyRecord = (
  type: string,
  source: string,
  data: Pick<About, "id" | "cluster" | "target"> & Readonly<Record<string, unknown>>,
  { word, traceparent }: { readonly word?: string | undefined; readonly traceparent?: string | undefined } = {},
): ReturnType<typeof recordOf> => {
  const { cluster, target } = data;
  const subject = [target.kind, target.namespace ?? "", target.name];
  return recordOf({
    topic: "remedies",
    key: [cluster, ...subject],
    type,
    id: [data.id, type.split(".").at(-2), ...(word === undefined ? [] : [word])].join("/"),
    source,
    subject: subject.join("/"),
    traceparent,
    dataText: JSON.stringify(data),
  });
};
