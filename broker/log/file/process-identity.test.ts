import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { judgeHolder, type ProcessIdentity, systemProcesses } from "./process-identity.ts";

const self: ProcessIdentity = { pid: 10, started: "500", boot: "b1", pids: "p1" };
const other: ProcessIdentity = { ...self, pid: 20, started: "400" };

describe("judgeHolder", () => {
  it.each([
    ["this very process", self, self, { exists: true, started: "500" }, "alive"],
    ["an earlier life with our pid", { ...self, started: "90" }, self, { exists: true, started: "500" }, "dead"],
    ["another that runs", other, self, { exists: true, started: "400" }, "alive"],
    ["one whose pid nobody has", other, self, { exists: false, started: undefined }, "dead"],
    ["one whose pid another has", other, self, { exists: true, started: "450" }, "dead"],
    ["one that may not be looked at", other, self, { exists: true, started: undefined }, "alive"],
    ["one of an earlier boot", { ...other, boot: "b0" }, self, { exists: true, started: "400" }, "unseen"],
    ["one of another container", { ...other, pids: "p0" }, self, { exists: false, started: undefined }, "unseen"],
    ["pid 1 of another container", { ...self, pids: "p0" }, self, { exists: true, started: "500" }, "unseen"],
  ] as const)("%s", (_, holder, own, seen, judgement) => {
    expect(judgeHolder(holder, own, seen)).toBe(judgement);
  });

  it("goes by the pid alone where the system says no more", () => {
    const bare = { pid: 10, started: "node:1.5" };
    expect(judgeHolder({ pid: 20, started: "node:7" }, bare, { exists: true, started: undefined })).toBe("alive");
    expect(judgeHolder({ pid: 20, started: "node:7" }, bare, { exists: false, started: undefined })).toBe("dead");
    expect(judgeHolder({ pid: 10, started: "node:1.5" }, bare, { exists: true, started: undefined })).toBe("alive");
    expect(judgeHolder({ pid: 10, started: "node:0.5" }, bare, { exists: true, started: undefined })).toBe("dead");
  });
});

describe("systemProcesses", () => {
  it("says the same of this process twice, and that it is alive", async () => {
    const own = await systemProcesses.own();
    expect(await systemProcesses.own()).toEqual(own);
    expect(own.pid).toBe(process.pid);
    expect(await systemProcesses.judge(own)).toBe("alive");
  });

  it("sees another process live and die", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const own = await systemProcesses.own();
    // What the child would have written: the kernel's count where there is one, something only it knows elsewhere.
    const probe = { ...own, pid: child.pid!, started: "unlike any" };
    const foreseen = own.started.startsWith("node:") ? "alive" : "dead";
    expect(await systemProcesses.judge(probe)).toBe(foreseen);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    expect(await systemProcesses.judge(probe)).toBe("dead");
  });
});
