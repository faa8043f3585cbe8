import { hash } from "node:crypto";
import type { Key, Ref, Subject } from "../terms.ts";

/** `kind/namespace/name`: how an identity names an object. */
export const refName = (ref: Ref): string => `${ref.kind}/${ref.metadata.namespace ?? ""}/${ref.metadata.name}`;

/** The key of an object that is a group by itself: its group-qualified kind, since two groups may serve one kind's name. */
export function selfKey(object: { apiVersion: string; kind: string; metadata: Ref["metadata"] }): string {
  const slash = object.apiVersion.indexOf("/");
  const group = slash < 0 ? "" : `.${object.apiVersion.slice(0, slash)}`;
  return `${object.kind}${group}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

export const subjectOf = (ref: Ref): Subject => ({
  ...(ref.apiVersion !== undefined && { apiVersion: ref.apiVersion }),
  kind: ref.kind,
  ...(ref.metadata.namespace !== undefined && { namespace: ref.metadata.namespace }),
  name: ref.metadata.name,
});

/** The first hex digits of a hash over values in order: no two lists of values have one text. */
export const hashOf = (parts: readonly unknown[], digits: number): string =>
  hash("sha256", JSON.stringify(parts), "hex").slice(0, digits);

/**
 * A finding's stable identity: hash(cluster, instance, rule, what), where `what` is the key, or the subject where keys
 * are uids, and `per`. Never free text, never a uid. 16 hex digits: two of a million findings share one with a
 * probability of 3e-8.
 */
export const fingerprintOf = (
  cluster: string,
  instance: string,
  rule: string | undefined,
  what: Key,
  per: string | undefined,
): string => hashOf([cluster, instance, rule ?? null, what, per ?? null], 16);
