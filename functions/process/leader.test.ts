import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Lease } from "#broker/kube/index.ts";
import { fencedLog } from "./fenced.ts";
import { Leader } from "./leader.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const DURATION = 15_000;

function stage(hold: () => Promise<boolean>, has = true) {
  const said: string[] = [];
  const lease: Lease = { hold, release: async () => void said.push("released") };
  const logger = { warn: () => said.push("warned") } as never;
  const leader = new Leader({
    lease: has ? lease : undefined,
    duration: DURATION,
    clock: { monotonic: () => performance.now() },
    logger,
    lead: () => ({ start: () => void said.push("began"), stop: () => void said.push("ended") }),
    fatal: () => said.push("failed"),
    lost: () => said.push("lost"),
  });
  return { leader, said };
}

it("without a lease it leads at once", async () => {
  const { leader, said } = stage(async () => false, false);
  await leader.start();
  expect(leader.leads).toBe(true);
  await leader.stop();
  expect(said).toEqual(["began", "ended"]);
});

it("stands by until the lease is its own, and lets go of it after its work", async () => {
  let isFree = false;
  const { leader, said } = stage(async () => isFree);
  await leader.start();
  await vi.advanceTimersByTimeAsync(3 * DURATION);
  expect([leader.leads, said]).toEqual([false, []]);
  isFree = true;
  await vi.advanceTimersByTimeAsync(DURATION / 3);
  expect([leader.leads, said]).toEqual([true, ["began"]]);
  await leader.stop();
  expect(said).toEqual(["began", "ended", "released"]);
});

it("one that never led releases nothing", async () => {
  const { leader, said } = stage(async () => false);
  await leader.start();
  await leader.stop();
  expect(said).toEqual([]);
});

it("who cannot renew for two thirds of the duration writes nothing more, and ends", async () => {
  let hold = async () => true;
  const { leader, said } = stage(() => hold());
  await leader.start();
  await vi.advanceTimersByTimeAsync(DURATION);
  const appended: unknown[] = [];
  const append = async (records: unknown) => {
    appended.push(records);
    return [];
  };
  const log = fencedLog({ append } as never, { leads: () => leader.leads, lease: "ns/ledger" });
  await log.append([]);
  hold = () => new Promise(() => undefined);
  await vi.advanceTimersByTimeAsync(DURATION / 3);
  expect(said).toEqual(["began"]);
  await vi.advanceTimersByTimeAsync(DURATION / 3 + 500);
  expect(said).toEqual(["began", "lost"]);
  await expect(log.append([])).rejects.toMatchObject({ code: "lease-lost" });
  expect(appended).toHaveLength(1);
});

it("another's lease ends it at once; an API server that is away for a moment does not", async () => {
  const answers = [async () => true, () => Promise.reject(new Error("away")), async () => true, async () => false];
  const { leader, said } = stage(() => answers.shift()!());
  await leader.start();
  await vi.advanceTimersByTimeAsync((DURATION / 5) * 2);
  expect(said).toEqual(["began", "warned"]);
  await vi.advanceTimersByTimeAsync(DURATION / 3);
  expect(said).toEqual(["began", "warned", "lost"]);
});
