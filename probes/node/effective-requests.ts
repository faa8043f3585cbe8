import { quantity } from "#sdk";

type Quantities = { readonly [resource: string]: string };
type Amounts = ReadonlyMap<string, number>;

interface Container {
  readonly resources?: { requests?: Quantities };
  readonly restartPolicy?: string;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly resources?: { requests?: Quantities };
  readonly overhead?: Quantities;
}

const amounts = (given: Quantities | undefined): Amounts =>
  new Map(Object.entries(given ?? {}).map(([resource, text]) => [resource, quantity(text)]));

function combine(one: Amounts, other: Amounts, how: (a: number, b: number) => number): Amounts {
  const both = new Map(one);
  for (const [resource, amount] of other) both.set(resource, how(both.get(resource) ?? 0, amount));
  return both;
}
const plus = (a: number, b: number) => a + b;

/**
 * What the scheduler counts for a pod, in cores, bytes and pieces. Init containers run one after the other, beside the
 * sidecars (init containers that are always restarted) that began before them; then all containers run beside all
 * sidecars; the pod needs the larger of the two. Requests of the pod itself take their place, and overhead comes on top.
 */
export function effectiveRequests(spec: PodSpec): Amounts {
  let sidecars: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = amounts(container.resources?.requests);
    const now = combine(sidecars, own, plus);
    if (container.restartPolicy === "Always") sidecars = now;
    starting = combine(starting, now, Math.max);
  }
  let running = sidecars;
  for (const container of spec.containers) running = combine(running, amounts(container.resources?.requests), plus);
  const needed = combine(starting, running, Math.max);
  const said = combine(needed, amounts(spec.resources?.requests), (_, ofPod) => ofPod);
  return combine(said, amounts(spec.overhead), plus);
}
