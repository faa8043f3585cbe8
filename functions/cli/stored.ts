import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "#broker/config-view.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import { clusterDirectory } from "#functions/standalone/paths.ts";
import type { Manifest } from "#sdk/case/manifest.ts";
import { fault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { sayFileError } from "#sdk/runtime/file-error.ts";
import type { Finding } from "#sdk/terms.ts";

/** Reads a data directory's log without touching it. */
export async function withStored<T>(
  data: string,
  cluster: string | undefined,
  read: (log: Log) => Promise<T>,
): Promise<T> {
  const dir = cluster === undefined ? await onlyCluster(data) : clusterDirectory(data, cluster);
  const log = await openFileLog({ dir, clock: systemClock, readOnly: true, warn: () => undefined });
  try {
    return await read(log);
  } finally {
    await log.close();
  }
}

export const readStored = (
  data: string,
  cluster: string | undefined,
): Promise<{ findings: Finding[]; cases: readonly Manifest[] }> =>
  withStored(data, cluster, async (log) => {
    const findings = new Map<string, Finding>();
    for await (const records of log.read("findings"))
      for (const { value } of records) {
        if (value === null) continue;
        const finding = parseJson(value) as Finding;
        findings.set(finding.fingerprint, finding);
      }
    return { findings: [...findings.values()], cases: (await readConfig(log))?.manifests ?? [] };
  });

async function onlyCluster(data: string): Promise<string> {
  let names: string[];
  try {
    names = (await readdir(data, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (e) {
    throw fault("data-unreadable", { data, what: sayFileError(e) }, e);
  }
  if (names.length === 1) return join(data, names[0]!);
  const known = names.map(decodeURIComponent).sort().join(", ");
  throw fault("data-unreadable", {
    data,
    what:
      names.length === 0 ? "it holds no cluster" : `it holds several clusters (${known}); choose one with --cluster`,
  });
}
