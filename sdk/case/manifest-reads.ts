import type { RoundsmanError } from "../errors.ts";
import { isDuration } from "./duration.ts";
import { checkPath } from "./fields.ts";
import { nearest } from "./nearest.ts";
import { isOwnKind } from "./own-kinds.ts";
import { parsePath } from "./path.ts";
import { type By, COUNTS, JOINS, type Read } from "./read.ts";
import type { TObject } from "./schema.ts";

type Bad = (field: string, what: string) => RoundsmanError;

const OPTIONS = ["kind", "table", "columns", "where", "by", "via", "age", "pick", "rows"];
const KIND = /^(?:[a-z0-9.-]{1,253}\/)?v[a-z0-9]{1,30}\/[A-Z][A-Za-z0-9]{0,62}$/;
const ENV_VALUE = /\benv(?:\[[^\]]*\])*\.value$/;
const pathsOf = (by: By | undefined) => (by === undefined || by === "*" ? [] : typeof by === "string" ? [by] : by);

/** Everything that can be known to be wrong with reads before they meet an object. */
export function checkReads(reads: Readonly<Record<string, Read>>, each: boolean, params: TObject, bad: Bad): void {
  if (typeof reads !== "object" || reads === null || Object.keys(reads).length === 0)
    throw bad(each ? "of" : "reads", "must name at least one read");
  const place = (name: string, field: string) => (each ? `of.${field}` : `reads.${name}.${field}`);
  for (const [name, read] of Object.entries(reads)) {
    if (typeof read !== "object" || read === null) throw bad(each ? "of" : `reads.${name}`, "must be an object");
    const at = (field: string) => place(name, field);
    for (const option of Object.keys(read))
      if (!OPTIONS.includes(option)) throw bad(at(option), `is no option of a read${nearest(option, OPTIONS)}`);
    checkSource(read, at, bad);
    checkPaths(read, reads, at, params, bad);
    if (read.rows !== undefined && !COUNTS.includes(read.rows))
      throw bad(at("rows"), `is ${JSON.stringify(read.rows)}; write one of ${COUNTS.map((c) => `"${c}"`).join(" ")}`);
    if (read.via) checkVia(name, read, reads, at, bad);
  }
  if (!Object.values(reads).some((read) => !read.via && read.by !== "*"))
    throw bad("reads", 'needs one read with a key of its own: neither `via` nor by: "*"');
}

function checkSource(read: Read, at: (field: string) => string, bad: Bad): void {
  if ((read.kind === undefined) === (read.table === undefined))
    throw bad(at("kind"), "or table must be given, one of them");
  for (const kind of [read.kind ?? []].flat() as string[]) {
    if (kind === "v1/Secret")
      throw bad(at("kind"), "is v1/Secret; secrets never leave the cluster, no case reads them");
    if (kind !== "*" && !isOwnKind(kind) && !KIND.test(kind))
      throw bad(
        at("kind"),
        `is ${JSON.stringify(kind)}; write "apiVersion/Kind", such as "v1/Pod" or "apps/v1/Deployment"`,
      );
  }
  const { age } = read;
  if (age === undefined) return;
  for (const side of ["over", "under"] as const)
    if (age[side] !== undefined && !isDuration(age[side]) && !String(age[side]).startsWith("$"))
      throw bad(at(`age.${side}`), `is ${JSON.stringify(age[side])}; write a duration such as "10m", or "$param"`);
  if (age.over === undefined && age.under === undefined) throw bad(at("age"), "needs `over` or `under`");
}

function checkPaths(
  read: Read,
  reads: Readonly<Record<string, Read>>,
  at: (field: string) => string,
  params: TObject,
  bad: Bad,
): void {
  const declared = Object.keys(params.properties ?? {});
  const check = (field: string, path: string, of: Read) => {
    if (typeof path !== "string") throw bad(at(field), "must be a path, or a list of paths");
    const steps = parsePath(path, at(field));
    for (const step of steps)
      if (step.step === "param" && !declared.includes(step.name))
        throw bad(at(field), `names "$${step.name}", which params does not declare`);
    const unknown = of.table === undefined ? checkPath(of.kind as string | string[], steps) : undefined;
    if (unknown !== undefined) throw bad(at(field), `has the path "${path}", but ${unknown}`);
  };
  for (const path of pathsOf(read.by)) check("by", path, read);
  for (const path of read.pick ?? []) {
    check("pick", path, read);
    if (ENV_VALUE.test(path)) throw bad(at("pick"), `has "${path}"; environment values never leave the watcher`);
  }
  if (read.age) check("age.of", read.age.of, read);
  for (const where of [read.where ?? []].flat())
    for (const [path, predicate] of Object.entries(where)) {
      check("where", path, read);
      checkPredicate(predicate, declared, (what) => bad(at("where"), `${what} at "${path}"`));
    }
  const pointed = read.via && reads[read.via.read];
  if (pointed) for (const path of pathsOf(read.via!.at)) check("via.at", path, pointed);
  for (const side of ["over", "under"] as const) {
    const value = read.age?.[side];
    if (value?.startsWith("$") && !declared.includes(value.slice(1)))
      throw bad(at(`age.${side}`), `names "${value}", which params does not declare`);
  }
}

function checkPredicate(predicate: unknown, declared: readonly string[], bad: (what: string) => RoundsmanError): void {
  const isLiteral = (v: unknown) => ["string", "number", "boolean"].includes(typeof v);
  const body = typeof predicate === "object" && predicate !== null && !Array.isArray(predicate) ? predicate : undefined;
  if (body) {
    const keys = Object.keys(body);
    if (keys.length !== 1 || !["not", "exists"].includes(keys[0]!))
      throw bad(`has ${JSON.stringify(predicate)}; write a value, a list of values, { not: … } or { exists: true }`);
    if ("exists" in body && typeof body.exists !== "boolean") throw bad("has `exists` that is neither true nor false");
  }
  const values = body ? ("not" in body ? [body.not].flat() : []) : [predicate].flat();
  for (const value of values) {
    if (!isLiteral(value)) throw bad(`has ${JSON.stringify(value)}, which is no string, number or boolean`);
    if (
      typeof value === "string" &&
      value.startsWith("$") &&
      !declared.includes(value.slice(1)) &&
      value !== "$cluster"
    )
      throw bad(`names "${value}", which params does not declare`);
  }
}

function checkVia(
  name: string,
  read: Read,
  reads: Readonly<Record<string, Read>>,
  at: (field: string) => string,
  bad: Bad,
): void {
  const via = read.via!;
  if (!(via.read in reads))
    throw bad(
      at("via.read"),
      `is "${via.read}", which is no read of this case${nearest(via.read, Object.keys(reads))}`,
    );
  if (!JOINS.includes(via.as))
    throw bad(at("via.as"), `is ${JSON.stringify(via.as)}; write one of ${JOINS.join(", ")}`);
  if (via.as === "key" && (read.by === undefined || read.by === "*"))
    throw bad(at("by"), 'must be given where `via.as` is "key"');
  if (via.as !== "key" && read.by !== undefined) throw bad(at("by"), "has no meaning beside `via`; leave it out");
  const seen = new Set([name]);
  for (let next = via.read; reads[next]?.via; next = reads[next]!.via!.read) {
    if (seen.has(next)) throw bad(at("via.read"), "goes in a circle");
    seen.add(next);
  }
  if (read.age !== undefined && read.by === "*") throw bad(at("by"), 'cannot be "*" beside `via`');
}
