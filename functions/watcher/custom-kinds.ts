import { type Discovery, findResource, type KubeClient } from "#broker/kube/index.ts";
import { isOwnKind } from "#sdk/case/own-kinds.ts";
import { isFault } from "#sdk/errors.ts";
import { type Instance, kindsOf } from "#sdk/resources/instances.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export interface CustomKindsInput {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly instances: readonly Instance[];
  readonly signal?: AbortSignal;
}

/** "group/Kind" of every definition, asked only where a wanted kind is not served; undefined = that may not be asked. */
export async function customKinds(input: CustomKindsInput): Promise<Set<string> | undefined> {
  const { client, discovery, instances, signal } = input;
  const wanted = instances.flatMap(({ manifest }) => kindsOf(manifest));
  const found = new Set<string>();
  if (wanted.every((kind) => kind === "*" || isOwnKind(kind) || findResource(discovery, kind))) return found;
  try {
    for await (const page of client.list(CRDS, signal ? { signal } : {}))
      for (const { spec } of page.items as unknown as { spec: { group: string; names: { kind: string } } }[])
        found.add(`${spec.group}/${spec.names.kind}`);
  } catch (e) {
    if (isFault(e, "kube-forbidden")) return undefined;
    throw e;
  }
  return found;
}
