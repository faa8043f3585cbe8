import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HttpMessage } from "#sdk/event/http.ts";
import { batchOf, binaryOf } from "#sdk/event/http-parts.ts";
import { TYPES } from "#sdk/event/types.ts";
import { freePorts } from "#test/e2e/support/ports.ts";
import { type Message, Posts } from "./post.ts";
import { median } from "./process-cost.ts";
import type { Row } from "./table.ts";

const STARTS = 9;
const CHECKS = 10_000;
const BATCH = 50;
/** ms between two questions, and until the first answer at most. */
const POLL = 2;
const MOST = 20_000;

/** A check of a case that is shipped: one container that crashes. */
const check = (n: number) => {
  const pod = {
    metadata: { name: `pod-${n}`, namespace: "shop" },
    status: {
      containerStatuses: [{ name: "app", restartCount: 9, state: { waiting: { reason: "CrashLoopBackOff" } } }],
    },
  };
  const name = "workload/crash-loop";
  const id = `c/1.${n}`;
  const of = { cluster: "c", case: name, instance: name, key: `shop/pod-${n}`, stamp: { epoch: 1, seq: n } };
  const dataText = JSON.stringify({ id, ...of, params: { restarts: 3 }, rows: { it: [pod] } });
  return { id, source: "/clusters/c/watcher", type: TYPES.checkDue, dataText };
};
const sized = ({ headers, body }: HttpMessage): Message => ({
  headers: { ...(headers as Message["headers"]), "content-length": Buffer.byteLength(body as string) },
  body: body as string,
});
const batch = (from: number): Message => sized(batchOf(Array.from({ length: BATCH }, (_, at) => check(from + at))));

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  /** ms from its beginning to its first answer. */
  readonly took: number;
}

/** Starts it and asks until it answers. */
async function start(
  args: readonly string[],
  port: number,
  env: Record<string, string>,
  message: Message,
): Promise<Started> {
  const posts = new Posts(port, 1);
  const from = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  for (;;) {
    try {
      await posts.one(message);
      break;
    } catch (e) {
      if (child.exitCode === null && performance.now() - from < MOST) {
        await new Promise((done) => setTimeout(done, POLL));
        continue;
      }
      child.kill("SIGKILL");
      throw new Error(`${args[0]} does not answer`, { cause: e });
    }
  }
  const took = performance.now() - from;
  posts.end();
  return { child, port, took };
}
const end = async ({ child }: Started) => {
  child.kill("SIGKILL");
  await once(child, "exit");
};
const rss = ({ child }: Started): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) / 1024;

/** A bundled case host from nothing to its first verdict, beside faas-js-runtime to its first answer; and what it holds. */
export async function coldStart(host: string, root: string): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), "roundsman-bench-cold-"));
  try {
    const file = join(dir, "index.js");
    writeFileSync(file, "module.exports = () => undefined;\n");
    const faas = join(root, "node_modules/faas-js-runtime/bin/cli.js");
    const one = sized(binaryOf(check(0)));
    const took: { own: number[]; faas: number[] } = { own: [], faas: [] };
    const own = async () => {
      const port = await freePorts(1);
      return start([host], port, { PORT: String(port) }, one);
    };
    for (let n = 0; n < STARTS; n++) {
      const ours = await own();
      took.own.push(ours.took);
      await end(ours);
      const port = await freePorts(1);
      const theirs = await start([faas, file, "--port", String(port), "--log-level", "silent"], port, {}, one);
      took.faas.push(theirs.took);
      await end(theirs);
    }
    const started = await own();
    const posts = new Posts(started.port, 4);
    await posts.send(CHECKS / BATCH, (n) => batch(n * BATCH));
    const held = rss(started);
    posts.end();
    await end(started);
    const [ours, theirs] = [median(took.own), median(took.faas)];
    return [
      {
        what: `a case host with all shipped cases, from nothing to its first verdict (median of ${STARTS}); what it holds after ${CHECKS.toLocaleString("en")} checks`,
        own: `${ours.toFixed(0)} ms, ${held.toFixed(0)} MB`,
        beside: `faas-js-runtime to its first 204 ${theirs.toFixed(0)} ms (${(ours / theirs).toFixed(2)} x)`,
        reach: "≤ 0.5 x, ≤ 70 MB",
        isReached: ours / theirs <= 0.5 && held <= 70,
        isHeld: ours / theirs <= 0.9 && held <= 120,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
