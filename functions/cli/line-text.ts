import { sayMoment } from "#functions/defender/explain.ts";
import type { Line, RequestLine } from "#functions/healer/line.ts";
import type { Word } from "#functions/healer/words.ts";
import { plain } from "#sdk/runtime/text.ts";
import { saySubject } from "./findings-table.ts";
import { wrap } from "./print.ts";

interface Moment {
  readonly at: number;
  readonly head: string;
  readonly says?: string | undefined;
}

/** Moments that are told; what is older is in the data. */
const MOST = 40;

/** What was wrong, what was asked, what came of it: a line each, the oldest first. Empty where nothing was ever asked. */
export function tellLine({ episodes }: Pick<Line, "episodes">): string {
  if (episodes.every(({ requests }) => requests.length === 0)) return "";
  const moments = episodes.flatMap(({ raised, resolved, message, reason, requests }): Moment[] => [
    ...(raised === undefined ? [] : [{ at: raised, head: "raised", says: message }]),
    ...requests.flatMap((request) => request.words.flatMap((word) => tellWord(request, word))),
    ...(resolved === undefined ? [] : [{ at: resolved, head: "resolved", says: reason }]),
  ]);
  const told = joined(moments.toSorted((a, b) => a.at - b.at));
  const left = told.length - MOST;
  return [...(left > 0 ? [`  … ${left} earlier; -o json has them`] : []), ...told.slice(-MOST).map(sayMomentOf)].join(
    "\n",
  );
}

/** That something was due is news only where nobody answered. */
function tellWord({ words, ...request }: RequestLine, { what, at, message, failure }: Word): Moment[] {
  if (what === "due") return words.length > 1 ? [] : [{ at, head: `${doing(request)}: asked, no answer yet` }];
  const why = failure === undefined ? "" : ` (${failure})`;
  return [{ at, head: `${doing(request)}: ${what}${why}`, says: what === "granted" ? by(request) : message }];
}

const doing = ({ operation, target }: Omit<RequestLine, "words">): string => `${operation} ${saySubject(target)}`;

function by({ remedier, step, job, decision }: Omit<RequestLine, "words">): string {
  const parts = [
    ...(remedier === undefined ? [] : [`by remedier ${remedier}${step === undefined ? "" : `, step ${step + 1}`}`]),
    ...(decision?.grant ? [`fence ${decision.grant.fence}`] : []),
    ...(job === undefined ? [] : [`job ${job}`]),
  ];
  return parts.join("; ");
}

/** What is said again and again is told once, at its last. */
function joined(moments: readonly Moment[]): Moment[] {
  const told: (Moment & { readonly times: number })[] = [];
  for (const moment of moments) {
    const last = told.at(-1);
    const isSame = last?.head === moment.head && last.says === moment.says;
    if (isSame) told.pop();
    told.push({ ...moment, times: isSame ? last.times + 1 : 1 });
  }
  return told.map(({ times, head, ...rest }) => ({ ...rest, head: times > 1 ? `${head}, ${times} times` : head }));
}

const sayMomentOf = ({ at, head, says }: Moment): string => {
  const first = `  ${sayMoment(at)}  ${plain(head)}`;
  if (says === undefined || says === "") return first;
  const text = says.split("\n").map(plain).join("\n");
  return `${first}\n${wrap(text, 100, " ".repeat(24))}`;
};
