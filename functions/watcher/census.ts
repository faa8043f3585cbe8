import { placeOfNode } from "#broker/table/scopes.ts";
import type { Heartbeat, Sizes } from "#sdk/operation/reports.ts";

type Scoped = Sizes["scopes"][number];

/** What one object adds. Equal ones are one: a cluster has many pods and few of these. */
interface Share {
  readonly source: string;
  readonly counts: readonly Pick<Scoped, "scope" | "name" | "kind">[];
  readonly healthy: boolean;
}

export const COUNTED = ["v1/Node", "v1/Pod"] as const;
const LEASE = "coordination.k8s.io/v1/Lease";
const NODE_LEASES = "kube-node-lease";
/** ms: a kubelet renews every ten seconds, and is taken for lost after forty. */
const LEASE_STALE = 40_000;

const statusOf = (object: any, type: string): string | undefined =>
  object.status?.conditions?.find((one: any) => one.type === type)?.status;

/** How large and how healthy the scopes of a cluster are, and how many nodes are silent: kept up as objects pass. */
export class Census {
  readonly #shares = new Map<string, Share>();
  readonly #known = new Map<string, Share>();
  readonly #sizes = new Map<string, { -readonly [K in keyof Scoped]: Scoped[K] }>();
  /** Unix ms of the last renewal, by node. */
  readonly #leases = new Map<string, { readonly renewed: number; readonly source: string }>();
  /** By name: whether the control plane has lost it. */
  readonly #lost = new Map<string, boolean>();
  /** Counts changes of sizes, per kind. */
  readonly changes: Record<string, number> = { "v1/Node": 0, "v1/Pod": 0 };

  put(kind: string, object: any, source: string): void {
    const { metadata } = object;
    if (kind === LEASE) {
      if (metadata.namespace !== NODE_LEASES) return;
      const renewed = Date.parse(object.spec?.renewTime ?? "");
      this.#leases.set(metadata.name, { renewed: Number.isNaN(renewed) ? 0 : renewed, source });
    } else if (kind === "v1/Node") this.#node(object, source);
    else if (kind === "v1/Pod") this.#pod(object, source);
  }

  remove(kind: string, object: any): void {
    const { uid, name } = object.metadata;
    if (kind === LEASE) this.#leases.delete(name);
    else if (kind === "v1/Node" || kind === "v1/Pod") this.#set(kind, `${kind}/${uid}`, undefined);
    if (kind === "v1/Node") this.#lost.delete(name);
  }

  /** A list of all that a source has: what was not in it is gone. */
  relist(kind: string, source: string): { add(object: any): void; end(): void } {
    const seen = new Set<string>();
    return {
      add: (object) => {
        seen.add(kind === LEASE || kind === "v1/Node" ? object.metadata.name : "");
        seen.add(`${kind}/${object.metadata.uid}`);
        this.put(kind, object, source);
      },
      end: () => {
        if (kind === LEASE) {
          for (const [name, lease] of this.#leases)
            if (lease.source === source && !seen.has(name)) this.#leases.delete(name);
          return;
        }
        if (kind === "v1/Node") for (const name of this.#lost.keys()) if (!seen.has(name)) this.#lost.delete(name);
        if (kind !== "v1/Node" && kind !== "v1/Pod") return;
        for (const [id, share] of this.#shares)
          if (share.source === source && id.startsWith(`${kind}/`) && !seen.has(id)) this.#set(kind, id, undefined);
      },
    };
  }

  /** Of these kinds: what is not seen has no size, which the defender takes for unknown. */
  sizes(cluster: string, kinds: ReadonlySet<string>): Sizes {
    const scopes = [...this.#sizes.values()].filter(({ kind }) => kinds.has(`v1/${kind}`));
    // An empty cluster has a size too.
    for (const kind of COUNTED)
      if (kinds.has(kind) && !this.#sizes.has(`cluster\n\n${kind.slice(3)}`))
        scopes.push({ scope: "cluster", name: "", kind: kind.slice(3), total: 0, healthy: 0 });
    return { cluster, scopes: scopes.map((one) => ({ ...one })).slice(0, 20_000) };
  }

  /** A node is silent where its lease was not renewed in time, or where the control plane itself has lost it. */
  leases(now: number): Heartbeat["leases"] {
    let stale = 0;
    for (const [name, isLost] of this.#lost) {
      const lease = this.#leases.get(name);
      if (isLost || (lease && now - lease.renewed > LEASE_STALE)) stale++;
    }
    return { total: this.#lost.size, stale };
  }

  #node(node: any, source: string): void {
    const { name, uid } = node.metadata;
    const { zone = "", pool = "" } = placeOfNode(node);
    const ready = statusOf(node, "Ready");
    this.#lost.set(name, ready === "Unknown");
    const counts = [
      { scope: "cluster", name: "", kind: "Node" },
      { scope: "zone", name: zone, kind: "Node" },
      { scope: "pool", name: pool, kind: "Node" },
    ] as const;
    this.#set("v1/Node", `v1/Node/${uid}`, this.#share(source, counts, ready === "True"));
  }

  /** Pods that are done are nobody's size. */
  #pod(pod: any, source: string): void {
    const { uid, namespace } = pod.metadata;
    const { phase } = pod.status ?? {};
    const isOver = phase === "Succeeded" || phase === "Failed";
    const counts = [
      { scope: "cluster", name: "", kind: "Pod" },
      { scope: "namespace", name: namespace, kind: "Pod" },
    ] as const;
    const share = isOver ? undefined : this.#share(source, counts, statusOf(pod, "Ready") === "True");
    this.#set("v1/Pod", `v1/Pod/${uid}`, share);
  }

  #share(source: string, counts: Share["counts"], healthy: boolean): Share {
    const id = `${source}\n${healthy}\n${counts.map(({ scope, name, kind }) => `${scope}\n${name}\n${kind}`).join("\n")}`;
    let share = this.#known.get(id);
    if (!share) this.#known.set(id, (share = { source, counts, healthy }));
    return share;
  }

  #set(kind: string, id: string, share: Share | undefined): void {
    const before = this.#shares.get(id);
    if (before === share) return;
    this.changes[kind] = (this.changes[kind] ?? 0) + 1;
    if (before) this.#count(before, -1);
    if (share) {
      this.#shares.set(id, share);
      this.#count(share, 1);
    } else this.#shares.delete(id);
  }

  #count({ counts, healthy }: Share, by: 1 | -1): void {
    for (const { scope, name, kind } of counts) {
      const id = `${scope}\n${name}\n${kind}`;
      let size = this.#sizes.get(id);
      if (!size) this.#sizes.set(id, (size = { scope, name, kind, total: 0, healthy: 0 }));
      size.total += by;
      if (healthy) size.healthy += by;
      if (size.total === 0) this.#sizes.delete(id);
    }
  }
}
