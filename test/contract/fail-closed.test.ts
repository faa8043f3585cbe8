import { expect, it, onTestFinished } from "vitest";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { Executor } from "#functions/executor/executor.ts";
import { CLUSTER, node, world } from "#functions/executor/world.test-kit.ts";
import { Remedy } from "#functions/remedy/remedy.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { createAsk } from "#sdk/operation/ask.ts";
import { answering, BROKEN, yesAt } from "#sdk/operation/broken-defenders.test-kit.ts";
import type { RemedyDue } from "#sdk/operation/remedy.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";

/** The last word on a request. */
const ENDS = ["denied", "succeeded", "failed"];

/**
 * Due → remedy function → defender → executor, with every defender that fails in its own way, and one that does not: only
 * by that one anything is begun.
 */
it("nothing is granted and nothing begun by a defender that fails, however it does", async () => {
  const at = await world();
  const log = memoryLog({ clock: at.timeline });
  const yes = yesAt(() => at.timeline.now());
  const well = await answering((request) => JSON.stringify(yes(request)));
  const defenders = [{ what: "is well", of: well }];
  for (const [what, , start] of BROKEN) defenders.push({ what, of: await start(yes) });
  const asks = new Map(
    defenders.map(({ what, of }) => [what, createAsk({ ...of, timeout: of === well ? 15_000 : 500 })]),
  );
  const remedy = new Remedy({
    log,
    clock: at.timeline,
    logger: createLogger("silent"),
    actor: "remedy",
    // Each due is asked of the defender whose name it bears.
    decide: (request) => asks.get(request.id)!(request),
    explain: () => Promise.reject(new Error("nobody observes here")),
    say: ({ outcome }) => outcome,
  });
  const executor = new Executor({
    cluster: CLUSTER,
    client: at.kube,
    log,
    logger: createLogger("silent"),
    clock: { now: () => at.timeline.now() },
    identity: "one",
    brake: async () => undefined,
  });
  await executor.start();
  remedy.start();
  onTestFinished(async () => {
    await remedy.stop();
    await executor.stop();
  });
  const dues = defenders.map(({ what }, i): RemedyDue => {
    const { name, uid } = node(at.admin, `n-${i}`).metadata as { name: string; uid: string };
    return dueOf(what, i, { apiVersion: "v1", kind: "Node", name, uid }, at.timeline.now());
  });
  await log.append(
    dues.map((due) =>
      recordOf({
        topic: "due",
        key: [due.id],
        type: TYPES.remedyDue,
        id: due.id,
        source: "/healer",
        dataText: JSON.stringify(due),
      }),
    ),
  );
  const said = new Map<string, string[]>();
  await new Promise<void>((done) => {
    const reading = log.subscribe({ topic: "remedies" }, (records) => {
      for (const { headers, value } of records) {
        const { id } = parseJson(value!) as { id: string };
        said.set(id, [...(said.get(id) ?? []), headers.ce_type!.split(".").at(-2)!]);
      }
      if (said.size === dues.length && ENDS.includes(said.get("is well")!.at(-1)!)) done();
    });
    onTestFinished(() => reading.close());
  });
  const { "is well": good, ...bad } = Object.fromEntries(said);
  expect(good).toEqual(["granted", "started", "succeeded"]);
  expect(Object.keys(bad)).toHaveLength(BROKEN.length);
  expect(Object.entries(bad).filter(([, what]) => `${what}` !== "denied")).toEqual([]);
  const cordoned = dues.filter(({ target }) => at.admin.get("v1/Node", { name: target.name })?.spec?.unschedulable);
  expect(cordoned.map(({ id }) => id)).toEqual(["is well"]);
});

function dueOf(id: string, i: number, target: RemedyDue["target"], now: number): RemedyDue {
  return {
    id,
    matter: `matter-${i}`,
    ailment: {
      fingerprint: `f-${i}`,
      episode: 1,
      cluster: CLUSTER,
      case: "node/task-hung",
      message: "it hangs",
      target,
      depends: ["v1/Node"],
      since: now,
    },
    remedier: "hung",
    strategy: "act",
    step: 0,
    attempt: 0,
    operation: "cordon",
    target,
    due: now,
  };
}
