import { describe, expect, it, onTestFinished } from "vitest";
import { readLetter } from "#broker/dead-letter/record.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { conditionFingerprint } from "#sdk/operation/condition.ts";
import type { Granted } from "#sdk/operation/granted.ts";
import { remedyRecord } from "#sdk/operation/remedy.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { Commits } from "./commits.ts";
import { Executor, type ExecutorOptions } from "./executor.ts";
import { CLUSTER, grant, node, type World, world } from "./world.test-kit.ts";

const TRACE = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
const grantedRecord = (granted: Granted) =>
  remedyRecord(TYPES.remedyGranted, "/remedy", granted, { traceparent: TRACE });

async function running(at: World, more: Partial<ExecutorOptions> = {}) {
  const log = memoryLog({ clock: at.timeline });
  const executor = new Executor({
    cluster: CLUSTER,
    client: at.kube,
    log,
    logger: createLogger("silent"),
    clock: { now: () => at.timeline.now() },
    identity: "one",
    brake: async () => undefined,
    ...more,
  });
  onTestFinished(() => executor.stop());
  await executor.start();
  return { log, executor };
}

/** Records of these types as they come, until there are so many. */
async function told(log: Log, topic: string, type: string, count: number): Promise<any[]> {
  const found: any[] = [];
  await new Promise<void>((done) => {
    const reading = log.subscribe({ topic }, (records) => {
      for (const { headers, value } of records)
        if (headers.ce_type === type)
          found.push({ id: headers.ce_id, trace: headers.ce_traceparent, ...(parseJson(value!) as object) });
      if (found.length >= count) done();
    });
    onTestFinished(() => reading.close());
  });
  return found;
}

describe("the executor", () => {
  it("carries out what is granted to its cluster, tells it, and takes it back when the finding is resolved", async () => {
    const at = await world();
    const { log } = await running(at);
    const n = node(at.admin, "n") as never;
    const granted = grant(at, "cordon", n, 1, { finding: { fingerprint: "f", episode: 3 } });
    const foreign = { ...grant(at, "drain", n, 2), cluster: "another" };
    await log.append([grantedRecord(foreign), grantedRecord(granted), grantedRecord(granted)]);
    const [succeeded] = await told(log, "remedies", TYPES.remedySucceeded, 1);
    expect(succeeded).toMatchObject({ id: granted.id, operation: "cordon", fence: 1, executor: "one", trace: TRACE });
    expect(await told(log, "remedies", TYPES.remedyStarted, 1)).toMatchObject([{ trace: TRACE }]);
    expect(at.admin.get("v1/Node", { name: "n" })?.spec?.unschedulable).toBe(true);
    const resolved = { cluster: CLUSTER, fingerprint: "f", episode: 3 };
    await log.append([
      recordOf({
        topic: "findings",
        key: ["f"],
        type: TYPES.resolved,
        id: "f/3/resolved",
        source: "/ledger",
        dataText: JSON.stringify(resolved),
      }),
    ]);
    expect(await told(log, "remedies", TYPES.remedyUndone, 1)).toMatchObject([{ trace: TRACE }]);
    expect(at.admin.get("v1/Node", { name: "n" })?.spec?.unschedulable).toBeUndefined();
  });

  it("sets aside a grant that it cannot read: it is not done, and others are", async () => {
    const at = await world();
    const { log } = await running(at);
    const good = grant(at, "cordon", node(at.admin, "n") as never, 1);
    const { target: _, ...bad } = grant(at, "drain", node(at.admin, "m") as never, 2);
    const torn = { ...grantedRecord(good), value: JSON.stringify(bad) };
    await log.append([torn, grantedRecord(good)]);
    await told(log, "remedies", TYPES.remedySucceeded, 1);
    const letters: unknown[] = [];
    for await (const records of log.read("dead-letters")) letters.push(...records.map(readLetter));
    expect(letters).toMatchObject([{ by: "executor", cause: { code: "record-invalid" }, record: torn }]);
    expect(at.admin.get("v1/Node", { name: "m" })?.spec?.unschedulable).toBeUndefined();
  });

  it("takes it back when the node's condition is well again, or the node is gone", async () => {
    const at = await world();
    const { log } = await running(at);
    const fact = (node: string, status: string, gone = false) => {
      const lastTransitionTime = new Date(at.timeline.now()).toISOString();
      const data = { cluster: CLUSTER, node, uid: "u", type: "KernelDeadlock", status, lastTransitionTime };
      return recordOf({
        topic: "events",
        key: [CLUSTER, node],
        type: TYPES.nodeCondition,
        id: `${node}/${status}/${gone}`,
        source: "/watcher",
        dataText: JSON.stringify({ ...data, ...(gone && { gone: true }) }),
      });
    };
    for (const [i, name] of ["n", "m"].entries()) {
      const finding = { fingerprint: conditionFingerprint(CLUSTER, name, "KernelDeadlock"), episode: 7 };
      await log.append([grantedRecord(grant(at, "cordon", node(at.admin, name) as never, i + 1, { finding }))]);
    }
    await told(log, "remedies", TYPES.remedySucceeded, 2);
    await log.append([fact("n", "True")]);
    await log.append([fact("n", "False"), fact("m", "True", true)]);
    await told(log, "remedies", TYPES.remedyUndone, 2);
    for (const name of ["n", "m"]) expect(at.admin.get("v1/Node", { name })?.spec?.unschedulable).toBeUndefined();
  });

  it("tells its clock when it starts, for the defender", async () => {
    const at = await world();
    const { log } = await running(at);
    expect(await told(log, "clusters", TYPES.executorClock, 1)).toMatchObject([
      { cluster: CLUSTER, clock: at.timeline.now() },
    ]);
  });

  it("does not do what it cannot read, nor what is braked", async () => {
    const at = await world();
    const { log } = await running(at, { brake: async () => "ana pulled it" });
    const n = node(at.admin, "n") as never;
    const strange = grant(at, "cordon", n, 1);
    const braked = grant(at, "cordon", n, 2);
    await log.append([grantedRecord({ ...strange, extra: 1 } as Granted), grantedRecord(braked)]);
    expect(await told(log, "remedies", TYPES.remedyFailed, 1)).toMatchObject([
      { id: braked.id, failure: "brake", begun: false },
    ]);
    expect(at.admin.get("v1/Node", { name: "n" })?.spec?.unschedulable).toBeUndefined();
  });
});

it("an offset is passed when all below it are settled", () => {
  const committed: number[] = [];
  const to = { commit: async (_: number, offset: number) => void committed.push(offset) };
  const commits = new Commits();
  const [a, b, c] = [1, 2, 5].map((offset) => commits.begin({ partition: 0, offset }, to));
  b!();
  expect(committed).toEqual([]);
  a!();
  c!();
  expect(committed).toEqual([3, 6]);
});
