import type { KubeClient } from "#broker/kube/index.ts";
import { planStreams } from "#functions/watcher/streams.ts";
import { isFault } from "#sdk/errors.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Snapshot } from "./dump.ts";

export interface LiveOptions {
  readonly client: KubeClient;
  readonly instances: readonly Instance[];
  readonly namespaces?: readonly string[];
  readonly exclude: readonly string[];
  /** For a terminal. */
  readonly progress: (kind: string) => void;
}

/** Lists once what the instances read. A kind that may not be listed is named; the others go on. */
export async function listLive({
  client,
  instances,
  namespaces,
  exclude,
  progress,
}: LiveOptions): Promise<Snapshot & { all: ReadonlySet<string> }> {
  const [discovery, said] = await Promise.all([client.discover(), client.version()]);
  const plan = planStreams(discovery, instances, new Set(), namespaces);
  const objects = new Map<string, any[]>();
  const refused = new Map<string, string>();
  const listed = new Set<string>();
  for (const [kind, why] of plan.absent) {
    if (why === "empty") listed.add(kind);
    else refused.set(kind, why.message);
  }
  for (const { kind, path, of, metadataOnly, fieldSelector } of plan.streams) {
    progress(kind);
    try {
      for await (const { items } of client.list(path, {
        of,
        metadataOnly,
        ...(fieldSelector !== undefined && { fieldSelector }),
      })) {
        const kept =
          exclude.length === 0
            ? items
            : items.filter(
                ({ metadata }) =>
                  !exclude.includes((kind === "v1/Namespace" ? metadata.name : metadata.namespace) ?? ""),
              );
        const known = objects.get(kind);
        if (known) known.push(...kept);
        else objects.set(kind, [...kept]);
      }
      listed.add(kind);
    } catch (e) {
      if (!isFault(e) || e.retry) throw e;
      refused.set(kind, e.message);
    }
  }
  const { major, minor, gitVersion } = said;
  return {
    objects,
    listed,
    refused,
    all: plan.all,
    version: { major: String(major), minor: String(minor), gitVersion },
  };
}
