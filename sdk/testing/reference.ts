/**
 * What the words of a read mean, small and slow: the reference that the real tables are checked against, and what
 * `examine` runs on.
 */
import { durationOf } from "../case/compile.ts";
import { selfKey } from "../case/identity.ts";
import { compilePick, readPick } from "../case/pick.ts";
import type { Read } from "../case/read.ts";
import { holds, keysOf, walk } from "./walk.ts";

type Any = any;

export interface ReferenceWorld {
  /** Unix ms. */
  readonly now: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly tables: Readonly<Record<string, readonly Any[]>>;
  /** Objects that were deleted, as they were last: a window (`under`) outlives its object. */
  readonly gone?: readonly Any[];
}

export interface Candidate {
  readonly key: readonly string[];
  readonly rows: Readonly<Record<string, readonly Any[]>>;
  /** The read that has more rows than the one it wants. */
  readonly tooMany?: string;
}

const orderOf = (row: Any) =>
  [row.kind, row.metadata?.namespace, row.metadata?.name, row.metadata?.uid].map((x) => x ?? "").join("\u0000");
const byOrder = (a: Any, b: Any) => (orderOf(a) < orderOf(b) ? -1 : orderOf(a) > orderOf(b) ? 1 : 0);

/** Kinds of `*` leave out what is secret or mere heartbeat. */
const inAll = (o: Any) =>
  !["v1/Secret", "v1/Event", "events.k8s.io/v1/Event", "coordination.k8s.io/v1/Lease", "roundsman/Cluster"].includes(
    `${o.apiVersion}/${o.kind}`,
  );
const metadataOnly = ({ apiVersion, kind, metadata }: Any) => ({ apiVersion, kind, metadata });
const kindOf = (o: Any) => `${o.apiVersion}/${o.kind}`;

function rowsOf(read: Read, objects: readonly Any[], world: ReferenceWorld, wake: (at: number) => void): Any[] {
  const { now, params } = world;
  const kinds = [read.kind ?? []].flat() as string[];
  const ofKind = (all: readonly Any[]): Any[] =>
    kinds.includes("*") ? all.filter(inAll).map(metadataOnly) : all.filter((o) => kinds.includes(kindOf(o)));
  const source = read.table === undefined ? ofKind(objects) : (world.tables[read.table] ?? []);
  const past = read.age?.under !== undefined && read.table === undefined ? ofKind(world.gone ?? []) : [];
  const inWindow = (o: Any): boolean => {
    if (!read.age) return true;
    const times = walk(o, read.age.of, params)
      .map((t) => Date.parse(t))
      .filter(Number.isFinite);
    if (times.length === 0) return false;
    const from = Math.max(...times) + durationOf(read.age.over, params, "age.over", 0);
    const to = Math.max(...times) + durationOf(read.age.under, params, "age.under", Number.POSITIVE_INFINITY);
    for (const edge of [from, to]) if (edge > now && edge < Number.POSITIVE_INFINITY) wake(edge);
    return now >= from && now < to;
  };
  const rows = [...source, ...past].filter((o) => holds(o, read.where, params)).filter(inWindow);
  return read.table === undefined ? rows.sort(byOrder) : rows;
}

function isSelected(selector: Any, labels: Any): boolean {
  const wanted = selector?.matchLabels ?? (selector?.matchExpressions ? {} : selector);
  const expressions: Any[] = selector?.matchExpressions ?? [];
  if (Object.keys(wanted ?? {}).length + expressions.length === 0) return false;
  return (
    Object.entries(wanted).every(([name, value]) => labels?.[name] === value) &&
    expressions.every(({ key, operator, values = [] }) => {
      const has = labels?.[key] !== undefined;
      if (operator === "Exists" || operator === "DoesNotExist") return has === (operator === "Exists");
      return operator === "In" ? has && values.includes(labels[key]) : !(has && values.includes(labels[key]));
    })
  );
}

/** Whether a row of a joined read is one that `from` points at. */
function isPointedAt(from: Any, to: Any, read: Read, params: ReferenceWorld["params"]): boolean {
  const { at, as } = read.via!;
  if (as === "selector")
    return (
      to.metadata?.namespace === from.metadata?.namespace &&
      isSelected(walk(from, [at].flat()[0]!, params)[0], to.metadata?.labels)
    );
  const pointed = keysOf(from, at, params);
  if (as === "uid") return pointed.some(([uid]) => uid === to.metadata?.uid);
  if (as === "key") {
    const own = keysOf(to, read.by!, params).map((key) => JSON.stringify(key));
    return pointed.some((key) => own.includes(JSON.stringify(key)));
  }
  const name = [to.metadata?.namespace, to.metadata?.name].filter(Boolean).join("/");
  const inNamespace = (key: string[]) =>
    key.length === 1 && to.metadata?.namespace ? [from.metadata?.namespace, key[0]] : key;
  return pointed.some((key) => inNamespace(key).join("/") === name);
}

/** Every key whose rows are what the reads ask for, with its projected rows; `next`: when time alone changes something. */
export function candidatesOf(
  reads: Readonly<Record<string, Read>>,
  objects: readonly Any[],
  world: ReferenceWorld,
): { candidates: Candidate[]; next?: number } {
  let next = Number.POSITIVE_INFINITY;
  const all = Object.entries(reads).map(([name, read]) => {
    const rows = rowsOf(read, objects, world, (at) => {
      next = Math.min(next, at);
    });
    return { name, read, rows };
  });
  const groups = new Map<string, { key: string[]; rows: Any[][] }>();
  all.forEach(({ read, rows }, i) => {
    if (read.via || read.by === "*") return;
    for (const row of rows)
      for (const key of read.by === undefined ? [[selfKey(row)]] : keysOf(row, read.by, world.params)) {
        const id = JSON.stringify(key);
        if (!groups.has(id)) groups.set(id, { key, rows: all.map(() => []) });
        groups.get(id)!.rows[i]!.push(row);
      }
  });
  const candidates: Candidate[] = [];
  for (const { key, rows } of groups.values()) {
    const names = all.map(({ name }) => name);
    const joined = (i: number): Any[] => {
      const { read, rows: mine } = all[i]!;
      if (read.by === "*" && !read.via) return mine;
      if (!read.via) return rows[i]!;
      const from = joined(names.indexOf(read.via.read));
      return mine.filter((row) => from.some((pointer) => isPointedAt(pointer, row, read, world.params)));
    };
    const found = all.map((_, i) => joined(i));
    const wants = all.map(({ read }) => read.rows ?? "1+");
    const over = wants.findIndex((want, i) => (want === "1" || want === "0-1") && found[i]!.length > 1);
    const enough = wants.every((want, i) => {
      const count = found[i]!.length;
      if (want === "0") return count === 0;
      return want === "1" ? count === 1 : want === "2+" ? count > 1 : want === "1+" ? count > 0 : true;
    });
    if (over < 0 && !enough) continue;
    const projected = all.map(({ name, read }, i) => {
      const pick = compilePick([readPick(read.pick, world.params, name)], read.table !== undefined);
      return [name, found[i]!.map((row) => pick.project(row))] as const;
    });
    candidates.push({ key, rows: Object.fromEntries(projected), ...(over >= 0 && { tooMany: names[over]! }) });
  }
  return { candidates, ...(next < Number.POSITIVE_INFINITY && { next }) };
}
