import { parse } from "yaml";

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The rules of a PrometheusRule. */
export const rulesIn = (text: string): Rule[] =>
  (parse(text).spec.groups as { rules: Rule[] }[]).flatMap(({ rules }) => rules);

/** A metric that an expression names, and the labels that it is asked by. */
export interface Named {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** Metrics of ours in an expression; labels of `by (…)` are asked of each of them within its brackets. */
export function namesIn(expression: string): Named[] {
  return [...expression.matchAll(/roundsman_\w+/g)].map((found) => {
    const rest = expression.slice(found.index + found[0].length);
    const matchers = /^\{([^}]*)\}/.exec(rest)?.[1] ?? "";
    const own = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!);
    const by = [...expression.slice(0, found.index).matchAll(/by \(([^)]*)\) \(/g)]
      .filter((one) => isOpen(expression.slice(one.index + one[0].length, found.index)))
      .flatMap(([, list]) => list!.split(/, */));
    return { metric: found[0], labels: [...own, ...by] };
  });
}

/** Whether a bracket before this text is still open after it. */
function isOpen(text: string): boolean {
  let depth = 1;
  for (const sign of text) {
    if (sign === "(") depth++;
    if (sign === ")") depth--;
    if (depth === 0) return false;
  }
  return true;
}
