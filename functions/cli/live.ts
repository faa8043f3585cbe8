import type { KubeClient } from "#broker/kube/index.ts";
import { isLocal } from "#functions/standalone/scope.ts";
import { customKinds } from "#functions/watcher/custom-kinds.ts";
import { planStreams } from "#functions/watcher/streams.ts";
import { isFault } from "#sdk/errors.ts";
import type { Instance } from "#sdk/resources/instances.ts";
import type { Snapshot } from "./dump.ts";

export interface LiveOptions {
  readonly client: KubeClient;
  readonly instances: readonly Instance[];
  readonly namespaces?: readonly string[];
  /** For a terminal. */
  readonly progress: (kind: string) => void;
}

export interface Listed extends Snapshot {
  /** Which kinds `*` reads. */
  readonly all: ReadonlySet<string>;
  /** What can run on what was listed. */
  readonly instances: readonly Instance[];
  readonly skipped: readonly { readonly instance: string; readonly why: string }[];
}

/** Lists once what the instances read. A kind that may not be listed is named; the others go on. */
export async function listLive({ client, instances, namespaces, progress }: LiveOptions): Promise<Listed> {
  const [discovery, said] = await Promise.all([client.discover(), client.version()]);
  const running = namespaces ? instances.filter((one) => isLocal(one, discovery.resources)) : instances;
  const why = `only the namespace ${namespaces?.join(", ")} is read`;
  const skipped = instances.filter((one) => !running.includes(one)).map(({ id }) => ({ instance: id, why }));
  const plan = planStreams(
    discovery,
    running,
    await customKinds({ client, discovery, instances: running }),
    namespaces,
  );
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
        const known = objects.get(kind);
        if (known) known.push(...items);
        else objects.set(kind, [...items]);
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
    instances: running,
    skipped,
    version: { major: String(major), minor: String(minor), gitVersion },
  };
}
