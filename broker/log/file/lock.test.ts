import { describe, expect, it } from "vitest";
import { FaultyDisk } from "./faulty-disk.ts";
import { takeLock } from "./lock.ts";
import type { Judgement, Processes } from "./process-identity.ts";
import type { LogWarning } from "./warning.ts";

const processes = (pid: number, judgement: Judgement): Processes => ({
  own: async () => ({ pid, started: `s${pid}` }),
  judge: async () => judgement,
});

const take = async (disk: FaultyDisk, pid: number, judgement: Judgement) => {
  const warnings: LogWarning[] = [];
  const lock = await takeLock(disk, "/log", processes(pid, judgement), (warning) => void warnings.push(warning));
  return { lock, warnings };
};

describe("takeLock", () => {
  it("takes what is free and gives it back", async () => {
    const disk = new FaultyDisk();
    const { lock, warnings } = await take(disk, 1, "alive");
    expect([lock.held(), lock.contested, warnings]).toEqual([true, false, []]);
    await lock.release();
    expect(disk.paths()).toEqual([]);
    expect((await take(disk, 2, "alive")).lock.held()).toBe(true);
  });

  it("is refused while its holder lives, and says which process that is", async () => {
    const disk = new FaultyDisk();
    const { lock } = await take(disk, 4711, "alive");
    await expect(take(disk, 2, "alive")).rejects.toMatchObject({
      code: "log-locked",
      details: { dir: "/log", pid: 4711 },
    });
    expect(lock.held()).toBe(true);
  });

  it.each([
    ["dead", false],
    ["unseen", true],
  ] as const)("is taken over from a holder that is %s", async (judgement, contested) => {
    const disk = new FaultyDisk();
    const first = await take(disk, 1, "alive");
    const { lock, warnings } = await take(disk, 2, judgement);
    expect([lock.held(), lock.contested]).toEqual([true, contested]);
    expect(warnings).toMatchObject([{ kind: "stale-lock" }]);
    // The one before notices, and does not take away what is another's now.
    expect(first.lock.held()).toBe(false);
    await first.lock.release();
    expect(lock.held()).toBe(true);
    expect(disk.paths()).toEqual(["/log/lock"]);
  });

  it.each(["", "{", "null", "{}", '{"pid":"x"}', "\u0000\u0000"])(
    "takes over a lock that says %j, for it was cut",
    async (text) => {
      const disk = new FaultyDisk();
      disk.put("/log/lock", Buffer.from(text));
      const { lock } = await take(disk, 2, "alive");
      expect([lock.held(), lock.contested]).toEqual([true, true]);
    },
  );

  it("is lost when someone removes or replaces the file", async () => {
    const disk = new FaultyDisk();
    const { lock } = await take(disk, 1, "alive");
    await disk.remove("/log/lock");
    expect(lock.held()).toBe(false);
    await take(disk, 1, "alive");
    expect(lock.held()).toBe(false);
  });

  it("leaves one of two that take over at once as the holder", async () => {
    const disk = new FaultyDisk();
    await take(disk, 1, "alive");
    const both = await Promise.all([take(disk, 2, "dead"), take(disk, 3, "dead")]);
    expect(both.map(({ lock }) => lock.held()).sort()).toEqual([false, true]);
  });
});
