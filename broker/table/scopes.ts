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

const ownerIn = (object: any): string | undefined =>
  object.metadata?.labels?.[OWNER] ?? object.metadata?.annotations?.[OWNER];

const controllerOf = (object: any): string | undefined =>
  object.metadata?.ownerReferences?.find((o: any) => o.controller === true)?.uid;

/** How far up a chain of controllers an owner is looked for; it also ends a circle. */
const CHAIN = 5;

/** What one object told. */
interface Told {
  readonly kind: string;
  readonly owner?: string;
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
  /** Owners of namespaces and places of nodes, by name. */
  readonly #namespaces = new Map<string, string>();
  readonly #nodes = new Map<string, Scope>();

  /** An object as the API server gave it (with its annotations), before it is projected. */
  learn(kind: string, object: any): void {
    const { metadata } = object;
    const owner = ownerIn(object);
    const controller = LEAVES.has(kind) ? undefined : controllerOf(object);
    if (owner !== undefined || controller !== undefined)
      this.#told.set(metadata.uid, {
        kind,
        ...(owner !== undefined && { owner }),
        ...(controller !== undefined && { controller }),
      });
    else if (this.#told.has(metadata.uid)) this.#told.delete(metadata.uid);
    if (kind === "v1/Node") this.#nodes.set(metadata.name, this.#nodeScope(object, owner));
    else if (kind === "v1/Namespace") {
      if (owner === undefined) this.#namespaces.delete(metadata.name);
      else this.#namespaces.set(metadata.name, owner);
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

  #nodeScope(node: any, owner: string | undefined): Scope {
    return { ...(owner && { owner }), ...placeOfNode(node) };
  }

  /** The subject's own word, else its controllers', else its namespace's. */
  of({ row, node }: Pick<Entry, "row" | "node">): Scope | undefined {
    let owner = this.#told.get(row.metadata?.uid)?.owner;
    let up = controllerOf(row);
    for (let i = 0; owner === undefined && up !== undefined && i < CHAIN; i++) {
      const told = this.#told.get(up);
      owner = told?.owner;
      up = told?.controller;
    }
    owner ??= this.#namespaces.get(row.kind === "Namespace" ? row.metadata?.name : row.metadata?.namespace);
    const place = this.#nodes.get(row.kind === "Node" ? row.metadata?.name : (node ?? ""));
    if (owner === undefined && place?.zone === undefined && place?.pool === undefined) return undefined;
    const { zone, pool } = place ?? {};
    return { ...(owner && { owner }), ...(zone && { zone }), ...(pool && { pool }) };
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
        const id = `${scope.owner}\u0000${scope.zone}\u0000${scope.pool}`;
        const at = index.get(id) ?? scopes.push(scope) - 1;
        index.set(id, at);
        return at;
      });
    return scopes.length === 0 ? {} : { scopes, scopeOf };
  }
}
