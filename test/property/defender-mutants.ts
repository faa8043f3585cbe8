import type { Mutant } from "./mutate.ts";

const file = (name: string) => `functions/defender/${name}.ts`;
const mutant = (name: string, where: string, find: string, replace: string): Mutant => ({
  name,
  file: file(where),
  find,
  replace,
});

/** Those that run with every `npm test`; the long run tries all. */
const ALWAYS = new Set([
  "one more than the limit",
  "a window ends a moment too early",
  "ε is ignored",
  "a fixed window that resets whole",
  "only the first budget counts",
  "caps do not count",
  "other budgets forget what was granted",
  "a longer window forgets what it does not know",
  "an operation counts for the others",
  "a share is rounded up",
  "what is under way is not counted",
  "an end gives the token back",
  "a clock that jumps is believed",
  "after a jump what was heard is still believed",
  "a hole in the journal goes unseen",
  "the brake is ignored",
  "a release lets go of a brake that was pulled later",
  "a latch opens by itself",
  "a floor has no cool-down",
  "an unknown size is none to worry about",
  "no id is remembered",
  "an id may be used with other content",
  "ids are forgotten without a trace",
  "a snapshot forgets the grants",
  "a snapshot is off by one grant",
  "a snapshot forgets the brake",
]);

/** Mistakes made on purpose, one for each thing that the defender promises. */
export const MUTANTS: readonly Mutant[] = [
  // windows
  mutant(
    "one more than the limit",
    "windows",
    "moments[moments.length - most]!",
    "moments[moments.length - most - 1]!",
  ),
  mutant("one more where nothing was granted yet", "windows", "moments.length < most", "moments.length <= most"),
  mutant("a window ends a moment too early", "checks/budgets", "if (now <= full)", "if (now < full)"),
  mutant("ε is ignored", "checks/budgets", "const span = per + state.config.settings.epsilon;", "const span = per;"),
  mutant(
    "a fixed window that resets whole",
    "checks/budgets",
    "const full = fullUntil(moments, limit, span);",
    "const full = fullUntil(moments.filter((at) => Math.floor(at / span) === Math.floor(now / span)), limit, span);",
  ),
  mutant("only the first window counts", "checks/budgets", "of budget.limits) {", "of budget.limits.slice(0, 1)) {"),
  mutant(
    "only the first budget counts",
    "checks/budgets",
    "of state.rules.rules) {",
    "of state.rules.rules.slice(0, 2)) {",
  ),
  mutant("caps do not count", "rules", "[...caps, ...config.budgets]", "[...config.budgets]"),
  mutant(
    "grants expire before the longest window does",
    "history",
    "<= state.rules.horizon",
    "<= state.rules.horizon - 7_000",
  ),
  mutant(
    "other budgets forget what was granted",
    "history",
    "for (const granted of state.history) countIn",
    "for (const granted of []) countIn",
  ),
  mutant(
    "a longer window forgets what it does not know",
    "checks/budgets",
    "now <= state.dropped + span",
    "now < state.dropped",
  ),
  mutant("a denial spends a token", "judge", "if (told.grant) remember", "if (told.outcome !== 'waiting') remember"),
  mutant(
    "an operation counts for the others",
    "rules",
    "isFor(match, operations, place)",
    "isFor(match, undefined, place)",
  ),
  mutant("a share is rounded up", "sizes", "Math.floor(", "Math.ceil("),
  mutant("zones of two clusters are one", "scopes", 'return cluster + SEPARATOR + (zone ?? "");', 'return zone ?? "";'),
  // under way
  mutant("what is under way is not counted", "history", "(counts.get(key) ?? 0) + by", "0"),
  mutant("one more under way", "checks/budgets", "used < limit", "used <= limit"),
  mutant(
    "an end gives the token back",
    "history",
    "  state.open.delete(fence);",
    "  state.open.delete(fence);\n  for (const [group, key] of keysOf(state.rules.groups, granted.place).entries()) if (key !== undefined) state.windows[group]!.drop(key);",
  ),
  mutant(
    "an end that is told twice counts twice",
    "history",
    "if (!granted) return false;",
    "if (!granted) return countOpen(state, state.history.first!, -1) as never;",
  ),
  // time
  mutant(
    "a clock that jumps is believed",
    "time",
    "elapsed = isSame ? stamp.ticks - clock.ticks : 0;",
    "elapsed = utc - clock.utc;",
  ),
  mutant(
    "another boot's ticks count on",
    "time",
    "stamp.boot === clock.boot && stamp.ticks >= clock.ticks",
    "stamp.ticks >= clock.ticks",
  ),
  mutant(
    "a restart lets no time pass, so no window comes back",
    "time",
    "clock.now += elapsed;",
    "if (elapsed < 20_000) clock.now += elapsed;",
  ),
  mutant("after a jump what was heard is still believed", "time", "state.heartbeats.clear();", ""),
  mutant("after another boot the executor's clock is believed", "time", "state.executors.clear();", ""),
  mutant("a hole in the journal goes unseen", "time", "stamp.count !== state.count + 1", "stamp.count <= state.count"),
  // brake, latch, floor
  mutant("the brake is ignored", "judge", "  checkBrake,\n", ""),
  mutant(
    "a release lets go of a brake that was pulled later",
    "decide",
    "if (pulled.offset !== brake)",
    "if (pulled.offset < brake)",
  ),
  mutant(
    "a latch opens by itself",
    "checks/budgets",
    "if (!state.latches.has(name))",
    "if (spent.length > 0 || !state.latches.has(name))",
  ),
  mutant("a floor has no cool-down", "checks/budgets", "state.time.now - below > healthy.coolDown", "true"),
  mutant("a floor is looked at only when asked", "sizes", "  noteFloors(state, [sizes]);", ""),
  mutant("a silent cluster counts as healthy", "sizes", "(size.total + (size.silent ?? 0))", "size.total"),
  // what is believed
  mutant(
    "an unknown size is none to worry about",
    "checks/budgets",
    'if (!size) return [{ code: "size-unknown", ...about(budget, key) }];',
    "if (!size) return [];",
  ),
  mutant(
    "a silent cluster's size is believed",
    "sizes",
    "return isHeard(state, cluster) ? state.sizes.get(cluster)?.get(sizeKey(scope, key, kind)) : undefined;",
    "return state.sizes.get(cluster)?.get(sizeKey(scope, key, kind));",
  ),
  mutant(
    "a kind without a view is believed",
    "checks/view",
    "heartbeat.ages[kind]! : null",
    "heartbeat.ages[kind] ?? 0 : 0",
  ),
  mutant("a view does not age", "checks/view", "age + since > STALE)", "age > STALE)"),
  mutant("no doubt", "checks/view", "stale * 100 > percent * total", "stale > total"),
  mutant(
    "an executor's clock may be off by all of ε",
    "checks/executor",
    "off <= epsilon - notAfter\n",
    "off <= epsilon\n",
  ),
  mutant("trust stops at the first rule of any kind", "checks/trust", "isFor(match, undefined, place)", "true"),
  mutant("a freeze ends late", "checks/calendar", "utc < to)", "utc <= to + 60_000)"),
  mutant("a calendar that ended allows", "checks/calendar", "if (utc >= until)", "if (utc < 0)"),
  // ids
  mutant(
    "no id is remembered",
    "judge",
    "const known = state.ids.get(request.id);",
    'const known = state.ids.get("");',
  ),
  mutant(
    "an id may be used with other content",
    "judge",
    "known.digest === digest ?",
    "known.digest.length === digest.length ?",
  ),
  mutant("a retry is decided anew", "judge", "? toldOf(known)", "? answer(state, [])"),
  mutant(
    "ids are forgotten without a trace",
    "history",
    "state.forgotten = Math.max(state.forgotten, due);",
    "state.forgotten = Math.min(state.forgotten, due);",
  ),
  mutant("a due may be as old as it likes", "checks/sender", "if (utc - due > DUE)", "if (utc - due > 2 * DUE)"),
  mutant(
    "an approval holds for ever",
    "checks/approval",
    "state.time.utc < approval.until && state.time.now < approval.ends",
    "true",
  ),
  // snapshots
  mutant("a snapshot forgets the grants", "snapshot", "history: new Fifo(history)", "history: new Fifo([])"),
  mutant(
    "a snapshot is off by one grant",
    "snapshot",
    "[...state.history].map(pack)",
    "[...state.history].slice(1).map(pack)",
  ),
  mutant("a snapshot forgets the brake", "snapshot", "brakes: new Map(kept.brakes)", "brakes: new Map()"),
  mutant("a snapshot forgets ids", "snapshot", "    ids,\n", "    ids: new Map(),\n"),
  mutant("a snapshot forgets the latch", "snapshot", "latches: new Map(kept.latches)", "latches: new Map()"),
  mutant(
    "a snapshot forgets what was forgotten",
    "snapshot",
    "kept.forgotten ?? Number.NEGATIVE_INFINITY",
    "Number.NEGATIVE_INFINITY",
  ),
  mutant("a snapshot forgets the floors", "snapshot", "below: new Map(kept.below)", "below: new Map()"),
  mutant(
    "a snapshot forgets who is under way",
    "snapshot",
    "open: [...state.open.values()].map",
    "open: ([] as Granted[]).map",
  ),
];

export const QUICK_MUTANTS = MUTANTS.filter(({ name }) => ALWAYS.has(name));
