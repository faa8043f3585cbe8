type Json = any;

/** What stands where something else should. */
const WRONG: readonly Json[] = [
  null,
  7,
  -1e21,
  "",
  "x",
  true,
  [],
  {},
  [null],
  [7],
  ["x"],
  { x: null },
  [[]],
  "2026-99-99T00:00:00Z",
];
/** Without these it is no object, which is said before anything looks at it. */
const KEPT = new Set(["apiVersion", "kind"]);

/** The same object, with some of its fields of another shape. `random`: 0 ≤ x < 1. */
export function misshapen(object: Json, random: () => number, share: number): Json {
  const walk = (value: Json, at: readonly string[]): Json => {
    const name = at.at(-1);
    if (at.length > 0 && random() < share) {
      if (random() < 0.3) return undefined;
      return WRONG[Math.floor(random() * WRONG.length)];
    }
    if (Array.isArray(value)) return value.map((inner) => walk(inner, [...at, "[]"])).filter((v) => v !== undefined);
    if (typeof value !== "object" || value === null) return value;
    const changed = Object.entries(value).map(([key, inner]) => {
      const isKept = at.length === 0 && (KEPT.has(key) || key === "metadata");
      const isName = name === "metadata" && at.length === 1 && key === "name";
      if (isName) return [key, inner];
      if (isKept) return [key, key === "metadata" ? walkInside(inner, ["metadata"]) : inner];
      return [key, walk(inner, [...at, key])];
    });
    return Object.fromEntries(changed.filter(([, inner]) => inner !== undefined));
  };
  const walkInside = (value: Json, at: readonly string[]): Json =>
    Object.fromEntries(
      Object.entries(value)
        .map(([key, inner]) => [key, key === "name" ? inner : walk(inner, [...at, key])] as const)
        .filter(([, inner]) => inner !== undefined),
    );
  return walk(object, []);
}
