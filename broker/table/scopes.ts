import type { Scope } from "#sdk/terms.ts";
import type { Entry } from "./entry.ts";

export const OWNER = "roundsman.dev/owner";
const ZONE = "topology.kubernetes.io/zone";
/** Where the usual node groups say their name; the first that is there counts. */
export const POOL_LABELS = [
  "node.kubernetes.io/pool",
  "karpenter.sh/nodepool",
  "cloud.google.com/gke-nodepool",
  "eks.amazonaws.com/nodegroup",
  "kubernetes.azure.com/agentpool",
];

/** Kinds that are nobody's controller. */
const LEAVES = new Set(["v1/Pod", "v1/Event", "discovery.k8s.io/v1/EndpointSlice", "coordination.k8s.io/v1/Lease"]);

/** The owner's word on remedies: `allow`, `veto`, or an operation instead. */
export const REMEDY = "roundsman.dev/remedy";

const markIn = (object: any, name: string): string | undefined =>
  object.metadata?.labels?.[name] ?? object.metadata?.annotations?.[name];

/** What an object says of who answers for it, by label or annotation. */
export function wordsIn(object: any): Pick<Scope, "owner" | "remedy"> {
  const [owner, remedy] = [markIn(object, OWNER), markIn(object, REMEDY)];
  return { ...(owner !== undefined && { owner }), ...(remedy !== undefined && { remedy }) };
}

const controllerOf = (object: any): string | undefined =>
  object.metadata?.ownerReferences?.find((o: any) => o.controller === true)?.uid;

/** How far up a chain of controllers an owner is looked for; it also ends a circle. */
const CHAIN = 5;

/** What one object told. */
interface Told {
  readonly kind: string;
  readonly owner?: string;
  readonly remedy?: string;
  /** The uid of its controller. */
  readonly controller?: string;
}

/** Where a node stands, by its labels. */
export function placeOfNode(node: any): Pick<Scope, "zone" | "pool"> {
  const labels = node.metadata.labels ?? {};
  const pool = POOL_LABELS.map((label) => labels[label]).find((value) => value !== undefined);
  const zone = labels[ZONE];
  return { ...(zone && { zone }), ...(pool && { pool }) };
}

/** Who answers for an object, and where it stands: learnt from every object that passes, kept for the few that say. */
export class Scopes {
  readonly #told = new Map<string, Told>();
  /** Words of namespaces and places of nodes, by name. */
  readonly #namespaces = new Map<string, Pick<Scope, "owner" | "remedy">>();
  readonly #nodes = new Map<string, Scope>();

  /** An object as the API server gave it (with its annotations), before it is projected. */
  learn(kind: string, object: any): void {
    const { metadata } = object;
    const words = wordsIn(object);
    const says = words.owner !== undefined || words.remedy !== undefined;
    const controller = LEAVES.has(kind) ? undefined : controllerOf(object);
    if (says || controller !== undefined)
      this.#told.set(metadata.uid, { kind, ...words, ...(controller !== undefined && { controller }) });
    else if (this.#told.has(metadata.uid)) this.#told.delete(metadata.uid);
    if (kind === "v1/Node") this.#nodes.set(metadata.name, placeOfNode(object));
    else if (kind === "v1/Namespace") {
      if (says) this.#namespaces.set(metadata.name, words);
      else this.#namespaces.delete(metadata.name);
    }
  }

  forget(kind: string, object: any): void {
    const { name, uid } = object.metadata;
    this.#told.delete(uid);
    if (kind === "v1/Namespace") this.#namespaces.delete(name);
    if (kind === "v1/Node") this.#nodes.delete(name);
  }

  /** After a relist: what was not in it is forgotten. */
  retain(kind: string, uids: ReadonlySet<string>): void {
    for (const [uid, told] of this.#told) if (told.kind === kind && !uids.has(uid)) this.#told.delete(uid);
  }

  /** The subject's own word, else its controllers', else its namespace's. */
  of({ row, node }: Pick<Entry, "row" | "node">): Scope | undefined {
    let { owner, remedy }: Pick<Scope, "owner" | "remedy"> = this.#told.get(row.metadata?.uid) ?? {};
    let up = controllerOf(row);
    for (let i = 0; (owner === undefined || remedy === undefined) && up !== undefined && i < CHAIN; i++) {
      const told = this.#told.get(up);
      owner ??= told?.owner;
      remedy ??= told?.remedy;
      up = told?.controller;
    }
    const above = this.#namespaces.get(row.kind === "Namespace" ? row.metadata?.name : row.metadata?.namespace);
    owner ??= above?.owner;
    remedy ??= above?.remedy;
    const { zone, pool } = this.#nodes.get(row.kind === "Node" ? row.metadata?.name : (node ?? "")) ?? {};
    if ((owner ?? remedy ?? zone ?? pool) === undefined) return undefined;
    return { ...(owner && { owner }), ...(zone && { zone }), ...(pool && { pool }), ...(remedy && { remedy }) };
  }

  /** Distinct scopes, and per read an index into them for each row (-1 = none). Empty where no row has one. */
  ofRows(reads: readonly (readonly [string, readonly Entry[]])[]): {
    scopes?: Scope[];
    scopeOf?: Record<string, number[]>;
  } {
    const scopes: Scope[] = [];
    const index = new Map<string, number>();
    const scopeOf: Record<string, number[]> = {};
    for (const [name, entries] of reads)
      scopeOf[name] = entries.map((entry) => {
        const scope = this.of(entry);
        if (scope === undefined) return -1;
        const id = `${scope.owner}\u0000${scope.zone}\u0000${scope.pool}\u0000${scope.remedy}`;
        const at = index.get(id) ?? scopes.push(scope) - 1;
        index.set(id, at);
        return at;
      });
    return scopes.length === 0 ? {} : { scopes, scopeOf };
  }
}
