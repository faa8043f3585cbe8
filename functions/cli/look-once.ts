import { Tables } from "#broker/table/tables.ts";
import { compareFindings } from "#functions/ledger/api.ts";
import { compileReads } from "#sdk/case/compile.ts";
import { isOwnKind } from "#sdk/case/own-kinds.ts";
import { sayError } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { type Instance, kindsOf } from "#sdk/resources/instances.ts";
import type { CasePool } from "#sdk/serve/pool.ts";
import type { Check, Finding, StatedProblem, Verdict } from "#sdk/terms.ts";
import type { Snapshot } from "./dump.ts";

export interface LookOnceOptions {
  readonly cluster: string;
  readonly instances: readonly Instance[];
  readonly snapshot: Snapshot;
  /** Which kinds `*` reads. Default: all that may be. */
  readonly all?: ReadonlySet<string>;
  /** What is not in the snapshot does not exist. */
  readonly complete: boolean;
  /** Unix ms. */
  readonly now: number;
  readonly pool: Pick<CasePool, "evaluate">;
}

export interface Looked {
  readonly findings: Finding[];
  /** How many instances ran, and how many could not though they should have. */
  readonly ran: number;
  readonly refused: number;
  /** Instances that were left out, and why. */
  readonly skipped: readonly { readonly instance: string; readonly why: string }[];
  /** What could not be run though it should have been. */
  readonly errors: readonly string[];
}

const BATCH = 50;

/** Kinds that an instance needs and that were not read, as the end of a sentence. */
function whySkipped(
  instance: Instance,
  { listed, refused }: Snapshot,
  complete: boolean,
): { why: string; refused: boolean } | undefined {
  for (const read of Object.values(instance.manifest.reads)) {
    if (read.table !== undefined)
      return { why: `it reads the external table "${read.table}", which is not configured`, refused: false };
  }
  for (const kind of kindsOf(instance.manifest)) {
    const message = refused.get(kind);
    if (message !== undefined) return { why: message, refused: true };
    if (complete || kind === "*" || isOwnKind(kind) || listed.has(kind)) continue;
    return { why: `${kind} was not dumped`, refused: false };
  }
  return undefined;
}

/** One look at a snapshot by every case: no `for` is waited, except where `since` tells when a problem began. */
export async function lookOnce(options: LookOnceOptions): Promise<Looked> {
  const { cluster, instances, snapshot, all, complete, now, pool } = options;
  const skipped: { instance: string; why: string }[] = [];
  const errors: string[] = [];
  const refused = new Map<string, string[]>();
  const running = instances.filter((instance) => {
    const reason = whySkipped(instance, snapshot, complete);
    if (reason?.refused) refused.set(reason.why, [...(refused.get(reason.why) ?? []), instance.id]);
    else if (reason) skipped.push({ instance: instance.id, why: reason.why });
    return reason === undefined;
  });
  for (const [why, ids] of refused) errors.push(`${ids.join(", ")} could not run: ${why}`);
  if (running.some(({ manifest }) => kindsOf(manifest).includes("*")))
    for (const [kind, why] of snapshot.refused) if (all?.has(kind)) errors.push(`${kind} is not looked at: ${why}`);
  const tables = new Tables(
    running.map(({ id, manifest, params }) => ({ id, compiled: compileReads(manifest, params) })),
    ...(all ? [(kind: string) => all.has(kind)] : []),
  );
  for (const [kind, objects] of snapshot.objects)
    for (const object of objects) {
      try {
        tables.upsert(kind, object, now);
      } catch (e) {
        errors.push(`${nameOf(kind, object)} has not the shape of its kind (${sayError(e)}), so it is left out`);
      }
    }
  if (snapshot.version) {
    const row = {
      apiVersion: "roundsman",
      kind: "Cluster",
      metadata: { name: cluster },
      version: snapshot.version,
      kinds: [...snapshot.listed],
    };
    tables.upsert("roundsman/Cluster", row, now);
  }
  const checks = running.flatMap((instance) => checksOf(cluster, instance, tables, errors));
  const batches = Array.from({ length: Math.ceil(checks.length / BATCH) }, (_, i) =>
    checks.slice(i * BATCH, (i + 1) * BATCH),
  );
  const answers = (await Promise.all(batches.map((batch) => pool.evaluate(batch)))).flat();
  const byId = new Map(running.map((instance) => [instance.id, instance]));
  const dueOf = new Map(checks.map((check) => [check.id, check]));
  const findings = new Map<string, Finding>();
  for (const answer of answers) {
    const of = dueOf.get(answer.id)!;
    if ("error" in answer) {
      errors.push(`${of.instance} under key ${JSON.stringify(of.key)} ${answer.error.message}`);
      continue;
    }
    const verdict = parseJson(answer.verdict) as Verdict;
    if (verdict.error)
      errors.push(`${verdict.instance} under key ${JSON.stringify(verdict.key)}: ${verdict.error.message}`);
    const instance = byId.get(verdict.instance)!;
    for (const problem of verdict.problems) {
      const opens = problem.since === undefined ? now : problem.since + (problem.for ?? instance.for);
      if (opens <= now) findings.set(problem.fingerprint, findingOf(cluster, instance, problem, now));
    }
  }
  return {
    findings: [...findings.values()].sort(compareFindings),
    ran: running.length,
    refused: [...refused.values()].flat().length,
    skipped,
    errors,
  };
}

interface DueCheck {
  readonly id: string;
  readonly instance: string;
  readonly key: Check["key"];
  readonly text: string;
}

/** An object as a dump has it: its name was looked at, nothing else. */
const nameOf = (kind: string, { metadata: { namespace, name } }: any) =>
  `${kind.slice(kind.lastIndexOf("/") + 1)} ${typeof namespace === "string" ? `${namespace}/` : ""}${name}`;

function checksOf(cluster: string, instance: Instance, tables: Tables, errors: string[]): DueCheck[] {
  return tables.takeDirty(instance.id).flatMap((group) => {
    try {
      return checkOf(cluster, instance, tables, group);
    } catch (e) {
      errors.push(`${instance.id} could not look at ${group}: ${sayError(e)}`);
      return [];
    }
  });
}

function checkOf(cluster: string, instance: Instance, tables: Tables, group: string): DueCheck[] {
  const look = tables.look(instance.id, group);
  if (!look.candidate) return [];
  const key = tables.keyIsList(instance.id) ? look.key : (look.key[0] ?? "");
  const id = JSON.stringify([instance.id, key]);
  const check: Check = {
    id,
    cluster,
    case: instance.case,
    instance: instance.id,
    key,
    stamp: { epoch: 0, seq: 0 },
    params: instance.params,
    rows: look.rows(),
    ...look.scopes(),
  };
  return [{ id, instance: instance.id, key, text: JSON.stringify(check) }];
}

function findingOf(cluster: string, instance: Instance, problem: StatedProblem, now: number): Finding {
  const { fingerprint, rule, severity, subject, related, message, evidence, since, scope } = problem;
  const owner = scope?.owner ?? instance.owner;
  const at = new Date(now).toISOString();
  return {
    fingerprint,
    case: instance.case,
    ...(instance.second !== undefined && { instance: instance.second }),
    ...(rule !== undefined && { rule }),
    severity,
    state: "open",
    episode: now,
    cluster,
    subject,
    related,
    message,
    ...(evidence !== undefined && { evidence }),
    ...(owner !== undefined && { owner }),
    firstSeen: since === undefined ? at : new Date(Math.min(since, now)).toISOString(),
    lastSeen: at,
    episodes: 1,
    help: instance.manifest.help,
  };
}
