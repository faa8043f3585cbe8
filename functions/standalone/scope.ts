import type { Resource } from "#broker/kube/index.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import { kindsOf } from "#sdk/resources/instances.ts";
import type { Finding } from "#sdk/terms.ts";

/** Which namespaces are looked at. What stands in none always is. */
export interface NamespaceScope {
  readonly namespace?: readonly string[];
  readonly excludeNamespace?: readonly string[];
}

/** By the subject, and not by the objects that are read: a case needs what is elsewhere to know that it is there. */
export function inScope(
  { namespace: only, excludeNamespace: without }: NamespaceScope,
  { subject }: Pick<Finding, "subject">,
): boolean {
  const namespace = subject.kind === "Namespace" ? subject.name : subject.namespace;
  if (namespace === undefined) return true;
  return (only === undefined || only.includes(namespace)) && !without?.includes(namespace);
}

/**
 * Whether a case may run where only some namespaces are listed. One that brings together what stands in no namespace and
 * what stands in one would take what was not listed for gone: a volume's claim, a webhook's Service.
 */
export function isLocal({ manifest }: Instance, resources: readonly Resource[]): boolean {
  const namespaced = new Map(resources.map((one) => [`${one.apiVersion}/${one.kind}`, one.namespaced]));
  const places = kindsOf(manifest).map((kind) => namespaced.get(kind));
  return !(places.includes(true) && places.includes(false));
}
