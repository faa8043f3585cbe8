import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Verdict } from "../terms.ts";
import type { CaseModule } from "./messages.ts";
import { CasePool, type Due, type Evaluated } from "./pool.ts";

const dir = mkdtempSync(join(tmpdir(), "roundsman-pool-"));
const root = fileURLToPath(new URL("../..", import.meta.url));
const worker = pathToFileURL(join(dir, "worker.mjs"));
const pools: CasePool[] = [];

const common = { bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "silent" } as const;
const module = (name: string): CaseModule => ({
  url: pathToFileURL(join(dir, `${name}.mjs`)).href,
  file: `cases/${name}.ts`,
  version: "1",
});

const CASES: Readonly<Record<string, string>> = {
  good: "check: (pod) => pod.metadata.name",
  hangs: "check: () => { for (;;); }",
  fragile: "check: (pod) => { if (pod.metadata.name === 'bad') for (;;); return 'x'; }",
  throws: "check: (pod) => pod.spec.nothing.there",
  leaves: "check: () => process.exit(3)",
  eats: "check: () => { const all = []; for (;;) all.push(new Array(10000).fill({})); }",
};

beforeAll(async () => {
  await build({ ...common, entryPoints: [join(root, "sdk/serve/worker.ts")], outfile: fileURLToPath(worker) });
  for (const [name, check] of Object.entries(CASES)) {
    const head = `name: "x/${name}", severity: "low", reason: "r", help: "h", of: { kind: "v1/Pod" }`;
    const contents = `import { inspection } from "#sdk"; export default inspection.each({ ${head}, ${check} } as any);`;
    const outfile = join(dir, `${name}.mjs`);
    await build({ ...common, stdin: { contents, loader: "ts", resolveDir: root }, outfile });
  }
  writeFileSync(join(dir, "loops.mjs"), "for (;;);");
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function start(names: readonly string[], deadline = 300) {
  const pool = new CasePool({
    entry: worker,
    modules: names.map(module),
    deadline,
    heap: 32,
    size: 2,
    warn: (message) => {
      throw new Error(message);
    },
  });
  pools.push(pool);
  return { pool, loaded: await pool.start() };
}

let ids = 0;
const due = (name: string, pod = "p"): Due => {
  const id = `${name}-${ids++}`;
  const rows = { it: [{ apiVersion: "v1", kind: "Pod", metadata: { name: pod, namespace: "n" } }] };
  const check = {
    id,
    cluster: "c",
    case: `x/${name}`,
    instance: `x/${name}`,
    key: id,
    stamp: { epoch: 1, seq: 1 },
    params: {},
    rows,
  };
  return { id, text: JSON.stringify(check) };
};

/** Per id: the outcome, or the code of why there is none. */
const short = (answers: readonly Evaluated[]) =>
  Object.fromEntries(
    answers.map((a) => [a.id.split("-")[0], "error" in a ? a.error.code : (JSON.parse(a.verdict) as Verdict).outcome]),
  );
const errorOf = (answers: readonly Evaluated[], of: string) => {
  const answer = answers.find(({ id }) => id.startsWith(of))!;
  if ("error" in answer) return answer.error.message;
  return (JSON.parse(answer.verdict) as Verdict).error!.message;
};

it("ends a check that hangs at its deadline, names the file and the fix, and answers its neighbours", async () => {
  const { pool } = await start(["good", "hangs"]);
  const answers = await pool.evaluate([due("good"), due("hangs")]);
  expect(short(answers)).toEqual({ good: "warn", hangs: "case-deadline" });
  expect(errorOf(answers, "hangs")).toBe(
    "took longer than 300 ms (cases/hangs.ts); a check answers at once: look for a loop that does not end",
  );
});

it("ends one that eats its heap, or leaves the process, and goes on", async () => {
  const { pool } = await start(["good", "eats", "leaves"], 5_000);
  const answers = await pool.evaluate([due("eats"), due("leaves"), due("good")]);
  expect(short(answers)).toEqual({ good: "warn", eats: "case-memory", leaves: "case-exit" });
  expect(errorOf(answers, "eats")).toContain("(cases/eats.ts); keep less");
  expect(errorOf(answers, "leaves")).toContain("(cases/leaves.ts)");
});

it("says of a throw where it came from", async () => {
  const { pool } = await start(["throws"]);
  const answers = await pool.evaluate([due("throws")]);
  expect(short(answers)).toEqual({ throws: "error" });
  expect(errorOf(answers, "throws")).toMatch(
    /^cases\/throws\.ts: check threw TypeError: .*'nothing'.*guard what may be absent\.$/,
  );
});

it("holds a case back that hangs again and again, so that others have the threads", async () => {
  const { pool } = await start(["good", "hangs"]);
  const hanging = Array.from({ length: 20 }, () => due("hangs"));
  const begun = performance.now();
  const answers = await pool.evaluate([...hanging, due("good")]);
  const codes = answers.map((a) => ("error" in a ? a.error.code : "answered"));
  expect(codes.filter((code) => code === "case-deadline")).toHaveLength(2);
  expect(codes.filter((code) => code === "case-held-back")).toHaveLength(18);
  expect(codes.filter((code) => code === "answered")).toHaveLength(1);
  expect(errorOf(await pool.evaluate([due("hangs")]), "hangs")).toMatch(
    /^is not run for another \d+ s, .*\(cases\/hangs\.ts\)$/,
  );
  // Twenty deadlines would be six seconds.
  expect(performance.now() - begun).toBeLessThan(5_000);
});

it("does not hold back a case for one bad key among good ones", async () => {
  const { pool } = await start(["fragile"]);
  for (let i = 0; i < 3; i++) {
    expect(short(await pool.evaluate([due("fragile", "bad")]))).toEqual({ fragile: "case-deadline" });
    expect(short(await pool.evaluate([due("fragile", "fine")]))).toEqual({ fragile: "warn" });
  }
});

it("leaves out a module that hangs when it is loaded, and names it", async () => {
  const { pool, loaded } = await start(["loops", "good"]);
  expect(loaded.broken).toEqual([
    {
      file: "cases/loops.ts",
      message: "cases/loops.ts: loading it took longer than 300 ms; a case does no work when it is imported",
    },
  ]);
  expect(short(await pool.evaluate([due("good")]))).toEqual({ good: "warn" });
});

it("says of a case that is not there that it is not", async () => {
  const { pool } = await start(["good"]);
  expect(errorOf(await pool.evaluate([due("unknown")]), "unknown")).toBe("no case x/unknown is loaded here");
});

it("refuses what comes after it was stopped, and what waits", async () => {
  const { pool } = await start(["hangs"], 60_000);
  const running = [pool.evaluate([due("hangs")]), pool.evaluate([due("hangs")]), pool.evaluate([due("hangs")])];
  const settled = Promise.allSettled(running);
  await pool.stop();
  expect((await settled).every(({ status }) => status === "rejected" || status === "fulfilled")).toBe(true);
  await expect(pool.evaluate([due("hangs")])).rejects.toThrow("the pool was stopped");
});
