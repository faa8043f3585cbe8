import { compileReads, durationOf } from "../case/compile.ts";
import type { Duration } from "../case/duration.ts";
import { CASE, type Inspection } from "../case/inspection.ts";
import { judge } from "../case/judge.ts";
import { manifestOf } from "../case/manifest.ts";
import { resolveParams } from "../case/params.ts";
import type { Probe } from "../case/probe.ts";
import { fault } from "../errors.ts";
import type { Severity } from "../terms.ts";
import { type ExaminedProbe, examineProbe, type ProbeWorld } from "./examine-probe.ts";
import { candidatesOf } from "./reference.ts";

/** The world that a case is shown. */
export interface World {
  /** Default 2026-01-01T12:00:00Z, so that a test says the same on every day. */
  readonly now?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly cluster?: string;
  /** Rows of external tables. */
  readonly tables?: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** What a ProbeConfig's `for` would be. */
  readonly for?: Duration;
  /** As `roundsman scan` looks: no `for` is waited, except where `since` tells when the problem began. */
  readonly scan?: boolean;
  /** Objects that were deleted: rows with a window (`age.under`) outlive them. */
  readonly gone?: readonly object[];
}

export interface Examined {
  readonly fingerprint: string;
  readonly rule?: string;
  readonly severity: Severity;
  /** `Kind/namespace/name`, or `Kind/name`. */
  readonly subject: string;
  readonly related: readonly string[];
  readonly message: string;
  readonly evidence?: unknown;
  /** Unix ms when it becomes a finding. */
  readonly opens: number;
}

export interface Examination {
  /** What would be open now. */
  readonly open: readonly Examined[];
  /** Problems whose `for` has not run out. */
  readonly pending: readonly Examined[];
  /** Unix ms: when time alone changes something. */
  readonly next?: number;
}

export const DEFAULT_NOW = "2026-01-01T12:00:00Z";

const say = (s: { kind: string; namespace?: string; name: string }) =>
  [s.kind, s.namespace, s.name].filter(Boolean).join("/");

function examineInspection(definition: Inspection, objects: readonly object[], world: World): Examination {
  const manifest = manifestOf(definition, definition.name ?? "case", "0");
  const cluster = world.cluster ?? "test";
  const params = { ...resolveParams(manifest, world.params ?? {}, manifest.name), cluster };
  const now = Date.parse(world.now ?? DEFAULT_NOW);
  const { keyIsList, keyIsUid } = compileReads(manifest, params);
  const loaded = { definition, manifest, file: manifest.name, keyIsUid };
  const optional = Object.values(manifest.reads).some((r) => r.rows === "0" || r.rows === "0-1" || r.rows === "0+");
  const lasting = durationOf(world.for ?? manifest.for, params, "for", optional ? 10_000 : 0);
  const found = candidatesOf(manifest.reads, objects, {
    now,
    params,
    tables: world.tables ?? {},
    gone: world.gone ?? [],
  });
  const all = found.candidates.flatMap(({ key, rows }) => {
    const stamp = { epoch: 0, seq: 0 };
    const shown = keyIsList ? key : (key[0] ?? "");
    const judged = judge(loaded, {
      id: "",
      cluster,
      case: manifest.name,
      instance: manifest.name,
      key: shown,
      stamp,
      params,
      rows,
    });
    if (judged.error) throw fault("case-error", { message: judged.error.message });
    return judged.problems.map((p): Examined => {
      const opens =
        p.since === undefined ? (world.scan ? now : now + (p.for ?? lasting)) : p.since + (p.for ?? lasting);
      const { fingerprint, severity, message } = p;
      return {
        fingerprint,
        ...(p.rule !== undefined && { rule: p.rule }),
        severity,
        subject: say(p.subject),
        related: p.related.map(say),
        message,
        ...(p.evidence !== undefined && { evidence: p.evidence }),
        opens,
      };
    });
  });
  const pending = all.filter((p) => p.opens > now);
  const next = Math.min(found.next ?? Number.POSITIVE_INFINITY, ...pending.map((p) => p.opens));
  return { open: all.filter((p) => p.opens <= now), pending, ...(next < Number.POSITIVE_INFINITY && { next }) };
}

/**
 * One call: plain objects in, what is wrong now out. For a probe: what it says, with doubles for the cluster.
 * @throws case-error where the check throws or says what cannot be read; case-invalid where the definition is wrong
 */
export function examine(definition: Inspection, objects: readonly object[], world?: World): Examination;
export function examine(definition: Probe, objects: readonly object[], world?: ProbeWorld): Promise<ExaminedProbe>;
export function examine(definition: Inspection | Probe, objects: readonly object[], world: World & ProbeWorld = {}) {
  return definition[CASE] === "probe"
    ? examineProbe(definition as Probe, objects, world)
    : examineInspection(definition as Inspection, objects, world);
}
