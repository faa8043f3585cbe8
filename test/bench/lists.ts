import type { SecureClientSessionOptions } from "node:http2";
import { connect, findAccess } from "#broker/kube/index.ts";
import { planStreams } from "#functions/watcher/streams.ts";
import { inspections } from "#probes";
import { manifestOf } from "#sdk/case/manifest.ts";
import { instancesOn } from "#sdk/resources/instances.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

export interface ListOf {
  readonly path: string;
  readonly query: string;
  readonly accept: string;
}

/** What all shipped cases read of a cluster: the paths of its lists, and how to reach it. */
export async function listsOf(
  kubeconfig: string,
): Promise<{ lists: ListOf[]; server: string; tls: SecureClientSessionOptions }> {
  const access = findAccess({ env: {}, kubeconfig })!;
  const client = connect(access, { clock: systemClock, random: Math.random });
  const manifests = inspections.map((one) => manifestOf(one, one.name, "0"));
  const { streams } = planStreams(
    await client.discover(),
    instancesOn({ name: "bench" }, manifests, []),
    new Set(),
    undefined,
  );
  client.close();
  const credentials = await access.credentials();
  return {
    lists: streams.map(({ path, metadataOnly, fieldSelector }) => ({
      path,
      query: fieldSelector === undefined ? "" : `&fieldSelector=${encodeURIComponent(fieldSelector)}`,
      accept: metadataOnly ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json",
    })),
    server: access.server,
    tls: credentials.tls as SecureClientSessionOptions,
  };
}
