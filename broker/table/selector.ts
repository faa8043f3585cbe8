/** A label selector, as a plain map (Service) or with matchLabels and matchExpressions (everything newer). */
export interface Selector {
  readonly matches: (labels: Readonly<Record<string, string>> | undefined) => boolean;
  /** One pair that every selected object carries, to look by; undefined where only expressions select. */
  readonly anchor: string | undefined;
}

const pairOf = (name: string, value: unknown) => `${name}=${String(value)}`;
export const pairsOf = (labels: Readonly<Record<string, string>> | undefined): string[] =>
  labels === undefined ? [] : Object.entries(labels).map(([name, value]) => pairOf(name, value));

type Labels = Readonly<Record<string, string>> | undefined;
interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function holds({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels?.[key];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const isOne = value !== undefined && values.includes(value);
  return operator === "In" ? isOne : !isOne;
}

/** An empty selector selects nothing: undefined. */
export function readSelector(value: unknown): Selector | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const given = value as Record<string, any>;
  const structured = typeof given.matchLabels === "object" || Array.isArray(given.matchExpressions);
  const wanted = Object.entries((structured ? (given.matchLabels ?? {}) : given) as Record<string, string>);
  const expressions: readonly Expression[] = structured ? (given.matchExpressions ?? []) : [];
  if (wanted.length + expressions.length === 0) return undefined;
  return {
    anchor: wanted[0] && pairOf(...wanted[0]),
    matches: (labels) =>
      wanted.every(([name, one]) => labels?.[name] === one) && expressions.every((e) => holds(e, labels)),
  };
}
