import type { Ref } from "../terms.ts";

/** A bare reference, for a subject that may not exist. */
export const ref = (kind: string, name: string, namespace?: string): Ref => ({
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
});

/** The condition of a type, if the object carries it. */
export const condition = <C extends { type: string }>(
  object: { status?: { conditions?: readonly C[] } },
  type: string,
): C | undefined => object.status?.conditions?.find((c) => c.type === type);

/** The owner reference with `controller: true`. */
export const controller = <O extends { controller?: boolean }>(object: {
  metadata: { ownerReferences?: readonly O[] };
}): O | undefined => object.metadata.ownerReferences?.find((owner) => owner.controller);

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as a number (cores, bytes): `"250m"` = 0.25, `"1Gi"` = 2^30. Absent = 0, unreadable = NaN. */
export function quantity(text: string | number | undefined): number {
  if (text === undefined || typeof text === "number") return text ?? 0;
  const match = /^([+-]?\d{0,20}(?:\.\d{0,20})?)(?:[eE]([+-]?\d{1,3})|([a-zA-Z]{0,2}))$/.exec(text);
  if (!match || match[1] === "" || match[1] === ".") return Number.NaN;
  const suffix = SUFFIXES[match[3] ?? ""];
  return suffix === undefined ? Number.NaN : Number(match[1]) * 10 ** Number(match[2] ?? 0) * suffix;
}
