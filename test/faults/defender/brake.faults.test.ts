/**
 * The brake under load: five hundred requests a second go from `due` over the remedy function and the defender to the executor,
 * which cordons and uncordons nodes of the practice server over HTTP. After the brake no grant is in the log, and the last
 * operation begins within 250 ms.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log } from "#broker/log/log.ts";
import { CONFIG } from "#functions/defender/fixture.test-kit.ts";
import { Defender, followClusters, followRemedies, sayDecision } from "#functions/defender/index.ts";
import { Executor } from "#functions/executor/executor.ts";
import { CLUSTER, node, world } from "#functions/executor/world.test-kit.ts";
import { Remedy } from "#functions/remedy/remedy.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import type { Decision } from "#sdk/operation/decision.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";

const NODES = 500;
const PER_SECOND = 500;
const ROUNDS = 5;
/** ms after the brake in which the last operation may begin. */
const LATEST = 250;
const SCOPE = { scope: "cluster", names: [CLUSTER] } as const;
const PERSON = { by: "ana", reason: "the brake's test" };

/** The whole way from what is due to the practice server; answers when each operation began. */
async function running() {
  const at = await world();
  const targets = Array.from({ length: NODES }, (_, i): RemedyDue["target"] => {
    const { name, uid } = node(at.admin, `n-${i}`).metadata as { name: string; uid: string };
    return { apiVersion: "v1", kind: "Node", name, uid };
  });
  const begun: number[] = [];
  at.before = ({ path }) => path.startsWith("/api/v1/nodes/") && begun.push(Date.now());
  const logger = createLogger("silent");
  const dir = mkdtempSync(join(tmpdir(), "roundsman-brake-"));
  const log = await openFileLog({ dir, clock: systemClock });
  // What the program caps would let nothing through at this rate.
  const defender = new Defender({ log, clock: systemClock, logger, durable: true, caps: [] });
  await defender.start();
  await defender.init(PERSON);
  const limits = [{ most: 100_000, per: 3_600_000 }];
  await defender.configure({ ...CONFIG, budgets: [{ name: "all", scope: "fleet", limits }] }, "ana");
  const beat = () =>
    defender.heartbeat({ cluster: CLUSTER, ages: { "v1/Node": 100 }, leases: { total: NODES, stale: 0 } });
  await beat();
  const beats = setInterval(() => void beat(), 5_000);
  const followed = [await followClusters(log, defender, expect.fail), followRemedies(log, defender, expect.fail)];
  const remedy = new Remedy({
    log,
    clock: systemClock,
    logger: createLogger("silent"),
    actor: "remedy",
    decide: (request) => defender.decide(request),
    explain: async (request) => defender.explain(request),
    say: sayDecision,
  });
  remedy.start();
  const executor = new Executor({
    cluster: CLUSTER,
    client: at.kube,
    log,
    logger,
    clock: systemClock,
    identity: "one",
    brake: async ({ grant }) => defender.stopped(grant.fence),
  });
  await executor.start();
  onTestFinished(async () => {
    clearInterval(beats);
    await executor.stop();
    await remedy.stop();
    for (const one of followed) await one.close();
    await defender.stop();
    await log.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { log, defender, targets, begun };
}

let dues = 0;
/** Node after node, and then over again: cordon them all, uncordon them all. */
function nextDue(targets: readonly RemedyDue["target"][]): RemedyDue {
  const target = targets[dues % NODES]!;
  const operation = Math.floor(dues / NODES) % 2 === 0 ? "cordon" : "uncordon";
  const id = `due-${++dues}`;
  const since = Date.now();
  const ailment = {
    fingerprint: `f-${id}`,
    episode: 1,
    cluster: CLUSTER,
    case: "faults/brake",
    message: "it is tried",
    target,
    depends: ["v1/Node"],
    since,
  };
  return {
    id,
    matter: `matter-${id}`,
    ailment,
    remedier: "tried",
    strategy: "act",
    step: 0,
    attempt: 0,
    operation,
    target,
    due: since,
  };
}

/** Makes remedies due at the rate until told to end. Answers how many came in the second before `moment`. */
function load(log: Log, targets: readonly RemedyDue["target"][]) {
  const at: number[] = [];
  const began = performance.now();
  const control = new AbortController();
  const { signal } = control;
  const running = (async () => {
    for (let sent = 0; !signal.aborted; await wait(10)) {
      const owed = Math.floor(((performance.now() - began) * PER_SECOND) / 1_000) - sent;
      if (owed <= 0) continue;
      const records = Array.from({ length: owed }, () => {
        const due = nextDue(targets);
        const { id } = due;
        const dataText = JSON.stringify(due);
        return recordOf({ topic: "due", key: [id], type: TYPES.remedyDue, id, source: "/healer", dataText });
      });
      await log.append(records);
      sent += owed;
      for (let i = 0; i < owed; i++) at.push(Date.now());
    }
  })();
  return {
    before: (moment: number) => at.filter((one) => one <= moment && one > moment - 1_000).length,
    end: async () => {
      control.abort();
      await running;
    },
  };
}

/** One brake under load, and what was seen of it. */
async function round({ log, defender, targets, begun }: Awaited<ReturnType<typeof running>>, ms: number) {
  const began = Date.now();
  const loading = load(log, targets);
  await wait(ms);
  const pulled = Date.now();
  const brake = await defender.brake(SCOPE, PERSON);
  const on = Date.now();
  await wait(1_500);
  await loading.end();
  await defender.told();
  const decided: Decision[] = [];
  for await (const records of log.read("decisions"))
    decided.push(...records.map(({ value }) => parseJson(value!) as Decision).filter(({ time }) => time >= began));
  await defender.release(SCOPE, brake, PERSON);
  const granted = decided.filter(({ outcome }) => outcome === "granted");
  const own = begun.filter((time) => time >= began);
  return {
    grantedAfter: granted.filter(({ offset }) => offset > brake).length,
    deniedAfter: decided.filter(({ offset, outcome }) => offset > brake && outcome === "denied").length,
    /** ms after the brake was on; below zero: before it. */
    last: Math.max(...own) - on,
    /** Granted by then, and not begun any more. */
    held: granted.length - own.length,
    // In the second before it: a round without load would prove nothing.
    requests: loading.before(on),
    begun: own.filter((time) => time <= pulled && time > pulled - 1_000).length,
  };
}

it(`lets nothing begin later than ${LATEST} ms after it, at ${PER_SECOND} requests a second`, async () => {
  const all = await running();
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  const isProof = (one: (typeof rounds)[0]) =>
    one.requests > PER_SECOND * 0.8 && one.begun > 20 && one.held > 0 && one.deniedAfter > 100;
  for (let n = 0; n < 3 * ROUNDS && rounds.filter(isProof).length < ROUNDS; n++)
    rounds.push(await round(all, 2_000 + (n % 4) * 300));
  for (const one of rounds) process.stdout.write(`${JSON.stringify(one)}\n`);
  expect(rounds.map(({ grantedAfter }) => grantedAfter)).toEqual(rounds.map(() => 0));
  expect(Math.max(...rounds.map(({ last }) => last))).toBeLessThanOrEqual(LATEST);
  expect(rounds.filter(isProof)).toHaveLength(ROUNDS);
});
