/** A Lease: who of several processes may do something. Taken, renewed and let go by compare-and-swap. */
import { isFault } from "#sdk/errors.ts";
import type { KubeClient } from "./client.ts";
import type { KubeObject } from "./objects.ts";
import { seenOf, type Writer } from "./write.ts";

export interface LeaseOptions {
  readonly client: Pick<KubeClient, "get">;
  readonly writer: Writer;
  readonly namespace: string;
  readonly name: string;
  /** Names this process, as no other and no other life of it is named. */
  readonly holder: string;
  /** After so long without a renewal another may take it. Whole seconds, in ms. */
  readonly duration: number;
  readonly clock: { now(): number; monotonic(): number };
}

export interface Lease {
  /**
   * Takes it where it is free or was not renewed for its duration, renews it where it is ours. Answers whether it is ours
   * now. To be called every third of the duration; who could not renew for two thirds of it must stop what it does.
   */
  hold(): Promise<boolean>;
  /** Lets go, so that the next one need not wait. */
  release(): Promise<void>;
}

interface Spec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly leaseTransitions?: number;
}

const specOf = (lease: KubeObject): Spec => (lease.spec ?? {}) as Spec;
/** Kubernetes' MicroTime. */
const micro = (ms: number) => new Date(ms).toISOString().replace("Z", "000Z");

export function createLease(options: LeaseOptions): Lease {
  const { client, writer, namespace, name, holder, duration, clock } = options;
  const all = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${all}/${encodeURIComponent(name)}`;
  /** The state that was seen last, and since when by our clock: of another's clock nothing is believed. */
  let seen: { version: string; since: number } | undefined;

  const read = async (): Promise<KubeObject | undefined> => {
    try {
      return await client.get<KubeObject>(path);
    } catch (e) {
      if (isFault(e, "kube-not-found")) return undefined;
      throw e;
    }
  };
  /** Whether it was written: another may have been faster. */
  const wins = async (write: Promise<KubeObject>): Promise<boolean> => {
    try {
      await write;
      return true;
    } catch (e) {
      if (isFault(e, "kube-conflict")) return false;
      throw e;
    }
  };
  const isFree = (lease: KubeObject): boolean => {
    const { holderIdentity = "", leaseDurationSeconds = duration / 1000 } = specOf(lease);
    if (holderIdentity === "") return true;
    const version = seenOf(lease).resourceVersion;
    if (seen?.version !== version) seen = { version, since: clock.monotonic() };
    return clock.monotonic() - seen.since > leaseDurationSeconds * 1000;
  };

  return {
    async hold() {
      const renewTime = micro(clock.now());
      const leaseDurationSeconds = Math.ceil(duration / 1000);
      const ours = { holderIdentity: holder, leaseDurationSeconds, renewTime };
      const lease = await read();
      if (lease === undefined) {
        const spec = { ...ours, acquireTime: renewTime, leaseTransitions: 0 };
        const object = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name }, spec };
        return wins(writer.create(all, object));
      }
      const { holderIdentity, acquireTime, leaseTransitions = 0 } = specOf(lease);
      if (holderIdentity === holder)
        return wins(writer.update(path, { ...lease, spec: { ...ours, acquireTime, leaseTransitions } }));
      if (!isFree(lease)) return false;
      const spec = { ...ours, acquireTime: renewTime, leaseTransitions: leaseTransitions + 1 };
      return wins(writer.update(path, { ...lease, spec }));
    },
    async release() {
      const lease = await read();
      if (lease === undefined || specOf(lease).holderIdentity !== holder) return;
      const { leaseTransitions = 0 } = specOf(lease);
      // Kubernetes refuses an empty holder; a lease without one is free.
      await wins(writer.update(path, { ...lease, spec: { leaseDurationSeconds: 1, leaseTransitions } }));
    },
  };
}
