import { describe, expect, it } from "vitest";
import type { KubeClient } from "#broker/kube/index.ts";
import { fault, type RoundsmanError } from "#sdk/errors.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { Reflector } from "./reflector.ts";

/** Lists that end with these errors, one after the other; how long is waited after each (ms, at the most that chance gives). */
async function pausesAfter(errors: readonly RoundsmanError[], uptime = 0, random = 1) {
  let lists = 0;
  const pauses: number[] = [];
  const list = async function* () {
    const error = errors[lists++];
    if (error) throw error;
    yield { items: [], resourceVersion: "1" };
  };
  const watch = () => ({
    done: new Promise(() => undefined),
    resourceVersion: "1",
    provenAt: () => Number.NEGATIVE_INFINITY,
  });
  const reflector = new Reflector({
    client: { list, watch } as unknown as KubeClient,
    stream: { kind: "v1/Pod", of: { apiVersion: "v1", kind: "Pod" }, path: "/api/v1/pods", metadataOnly: false },
    sink: {
      relist: () => ({ add: () => undefined, end: () => undefined }),
      upsert: () => undefined,
      remove: () => undefined,
      changed: () => undefined,
    },
    clock: { now: () => 0, monotonic: () => uptime },
    random: () => random,
    logger: createLogger("silent"),
    turn: (work) => work(),
    wait: async (ms) => void pauses.push(ms),
  });
  reflector.start();
  while (lists <= errors.length) await new Promise(setImmediate);
  const { error } = reflector.view();
  return { pauses, told: error?.code, counts: reflector.counts };
}

const interrupted = () => fault("kube-interrupted", { server: "s", what: "it was cut" });
const forbidden = () =>
  fault("kube-forbidden", { server: "s", verb: "list", resource: "pods", message: "no", rule: "{}" });

describe("a list that fails", () => {
  // A process that has run for long is no reason to think that a watch has.
  it.each([0, 60_000])("is tried later and later (the process runs for %i ms)", async (uptime) => {
    const { pauses, told, counts } = await pausesAfter(Array.from({ length: 9 }, interrupted), uptime);
    expect(pauses).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000]);
    expect([told, counts.errors]).toEqual(["kube-interrupted", 9]);
  });

  it("is spread by chance, so that not all come back at once", async () => {
    expect((await pausesAfter(Array.from({ length: 3 }, interrupted), 0, 0.5)).pauses).toEqual([100, 200, 400]);
  });

  it("does not ask again soon for what it may not have, and says so at once", async () => {
    const { pauses, told } = await pausesAfter([forbidden()], 0, 0);
    expect([pauses, told]).toEqual([[15_000], "kube-forbidden"]);
  });

  it("comes when the server says", async () => {
    const throttled = fault("kube-throttled", { server: "s", what: "w", message: "m", retryAfter: 7_000 });
    expect((await pausesAfter([throttled], 0, 0)).pauses).toEqual([7_000]);
  });
});
