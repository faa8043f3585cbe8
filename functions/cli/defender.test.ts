import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { staticCallers } from "#sdk/serve/static-callers.ts";
import { HOUR } from "../defender/config.ts";
import { CONFIG } from "../defender/fixture.test-kit.ts";
import { runningDefender } from "./defender.test-kit.ts";

describe("brake", () => {
  test("says first what holds now, then how to let go", async () => {
    const { run, ask } = await runningDefender();
    expect(await run("brake")).toBe("No brake is on.\n");
    const text = await run("brake on --reason 'strange reboots'");
    const number = /brake release (\d+) /.exec(text)![1];
    expect(text).toBe(
      [
        "The brake is on for the fleet: nothing is granted there.",
        "What runs already stops at its next step. What was granted and not begun is not begun.",
        `To let go, when it is safe: roundsman brake release ${number} --reason '…'`,
        "",
      ].join("\n"),
    );
    expect(await ask()).toBe("denied");
    expect(await run("brake status")).toMatch(new RegExp(`\n${number} +the fleet +local +0s +strange reboots\n`));
    expect(await run(`brake release ${number} --reason 'found it'`)).toBe(
      `The brake ${number} is released for the fleet.\n\nNo brake is on.\n`,
    );
    expect(await ask()).toBe("granted");
  });

  test("doubts the name of a cluster that was never heard of", async () => {
    const { run } = await runningDefender();
    expect(await run("brake on cluster/eu-l --reason x")).toContain(
      "Careful: nothing was ever heard of a cluster eu-l; known are eu-1. Is the name right?",
    );
    expect(await run("brake on cluster/eu-1 --reason x")).not.toContain("Careful");
  });

  test.each([
    ["brake on", "--reason is needed"],
    ["brake on eu-1 --reason x", "eu-1 names no scope: give fleet, cluster/eu-1"],
    ["brake release --reason x", "names no brake: give its number"],
    ["brake release fleet --reason x", "names no brake"],
    ["brake release 99 --reason x", "answered 409: It had no effect: no brake has the number 99; none is on."],
  ])("refuses %s", async (line, says) => {
    const { run } = await runningDefender();
    await expect(run(line)).rejects.toThrow(says);
  });
});

describe("budgets", () => {
  test("say what is spent, and when it is free again", async () => {
    const { run, ask } = await runningDefender();
    expect(await run("budgets")).toBe("No budget is spent.\n\nNothing of: cluster-hour.\n");
    await ask();
    expect(await run("budgets")).toMatch(/^No budget is spent\.\n\nBUDGET /);
    await ask();
    await ask();
    const text = await run("budgets");
    expect(text).toMatch(
      /^1 window is spent:\n\nBUDGET +WHERE +ALLOWS +USED +REMAINS +FREE AGAIN\ncluster-hour +cluster eu-1 +3 per 1h +3 +0 +2027-01-01T01:00:06Z\n/,
    );
    expect(text).not.toContain("cap-");
    expect(JSON.parse(await run("budgets -o json")).standing).toContainEqual(
      expect.objectContaining({ budget: "cap-cluster", limit: 50, used: 3, remains: 47 }),
    );
  });

  test("say first that nothing is granted at all", async () => {
    const { run } = await runningDefender({}, { isNew: true });
    await run("brake on --reason x");
    const text = await run("budgets");
    expect(text).toMatch(/^NOTHING is granted: /);
    expect(text).toContain("A brake is on");
    expect(JSON.parse(await run("budgets -o json"))).toMatchObject({ initialised: false, brakes: [{ reason: "x" }] });
  });
});

describe("budgets --try", () => {
  const folder = (text: string) => {
    const dir = mkdtempSync(join(tmpdir(), "roundsman-budgets-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "budgets.yaml"), text);
    return dir;
  };
  const budget = (most: string) => `apiVersion: roundsman.dev/v1alpha1
kind: Budget
metadata: {name: strict}
spec: {scope: cluster, limits: [{most: ${most}, per: 1d}]}
---
apiVersion: roundsman.dev/v1alpha1
kind: Defender
metadata: {name: defender}
spec: {trust: [{level: act}]}
`;
  test("says what other budgets would have said, and changes nothing", async () => {
    const { run, ask } = await runningDefender();
    for (let n = 0; n < 3; n++) await ask();
    const text = await run(`budgets --try ${folder(budget("1"))}`);
    expect(text).toMatch(
      /^Of 3 requests since 24h, 3 were granted; of those 2 would not have been\. Of the others 0 would have been\.\n/,
    );
    expect(text).toContain("- Budget strict allows 1 per 1d in cluster eu-1; 1 was granted, 0 remain");
    expect(await run("budgets")).not.toContain("strict");
  });
  test("refuses a mistake by its field", async () => {
    const { run } = await runningDefender();
    await expect(run(`budgets --try ${folder(budget("150%"))}`)).rejects.toThrow(
      /strict.*spec\.limits\.0\.most is 150%/,
    );
  });
});

describe("audit", () => {
  test("tells what was decided and what people did", async () => {
    const { run, ask } = await runningDefender();
    expect(await run("audit")).toBe("Nothing was decided.\n");
    await ask({ id: "aaaabbbbccccdddd", operation: "cordon", target: { kind: "Node", name: "gpu-7", uid: "u" } });
    await run("brake on cluster/eu-1 --reason 'strange'");
    await ask();
    const text = await run("audit --cluster eu-*");
    expect(text.split("\n").map((line) => line.split(/ {2,}/).slice(1))).toMatchObject([
      ["OUTCOME", "OPERATION", "TARGET", "CLUSTER", "ACTOR", "ID", "WHY NOT"],
      ["denied", "drain", expect.any(String), "eu-1", "remedy", expect.any(String), "brake"],
      ["granted", "cordon", "Node gpu-7", "eu-1", "remedy", "aaaabbbbcccc", "-"],
      [],
    ]);
    expect(await run("audit --outcome granted --target Node/gpu-*")).not.toContain("denied");
    expect(await run("audit --limit 1")).toMatch(/\nOlder: --before \d+\n$/);
    expect(await run("audit --acts")).toMatch(/\n2027-01-01T00:00:00Z +brake +cluster eu-1 +local +strange\n/);
  });
});

describe("approve", () => {
  test("lists what waits, and says yes to one", async () => {
    const { run, ask } = await runningDefender({ settings: { ...CONFIG.settings, dangerous: ["reboot"] } });
    expect(await run("approve")).toBe("Nothing waits for a person's yes.\n");
    const target = { kind: "Node", name: "gpu-7", uid: "u" };
    expect(await ask({ matter: "9c2e41d0", operation: "reboot", target, reason: "it hangs" })).toBe("waiting");
    expect(await run("approve")).toMatch(
      /^1 operation waits .*: roundsman approve MATTER .*\n\n9c2e41d0 {2}reboot of Node gpu-7 of eu-1\n {2}Why: it hangs\n {2}Asked by remedy, 0s ago\.\n$/,
    );
    await expect(run("approve 9c2e")).rejects.toThrow("--reason is needed");
    await expect(run("approve 77 --reason x")).rejects.toThrow("77 begins nothing that waits");
    expect(await run("approve 9c2e --for 2h --reason 'I looked'")).toMatch(
      /^Approved until 2027-01-01T02:00:00Z: reboot of Node gpu-7 of eu-1\.\n/,
    );
    expect(await run("approve")).toContain("Approved already:\n9c2e41d0  reboot, by local, until 2027-01-01T02:00:00Z");
    expect(await ask({ matter: "9c2e41d0", operation: "reboot", target })).toBe("granted");
  });
});

describe("defender", () => {
  test("is told by a person that its journal may be used", async () => {
    const { run, ask } = await runningDefender({}, { isNew: true });
    expect(await run("defender")).toMatch(/^The defender grants NOTHING: .*\n.*\n {2}roundsman defender init --reason/);
    await expect(run("defender init")).rejects.toThrow("--reason is needed");
    await run("defender init --reason 'first start'");
    expect(await run("defender status")).toBe(
      "The defender grants what its budgets allow.\nIt has heard of eu-1.\nNo brake is on.\n",
    );
    expect(await ask()).toBe("granted");
  });

  test("opens a latch", async () => {
    const budgets = [
      { name: "per-hour", scope: "cluster" as const, limits: [{ most: 1, per: HOUR }], whenSpent: "latch" as const },
    ];
    const { run, ask } = await runningDefender({ budgets });
    expect([await ask(), await ask()]).toEqual(["granted", "denied"]);
    expect(await run("budgets")).toMatch(/\nper-hour +cluster eu-1 +1 per 1h +1 +0 +latched\n/);
    await expect(run("defender reset per-hour --reason x")).rejects.toThrow("reset needs two words");
    expect(await run("defender reset per-hour cluster/eu-1 --reason 'a bad rule'")).toMatch(
      /^Budget per-hour grants again in cluster eu-1/,
    );
    await expect(run("defender reset per-hour cluster/eu-1 --reason x")).rejects.toThrow("is not latched there");
  });
});

describe("one that asks who calls", () => {
  const callers = staticCallers("ana read,brake token-of-ana-0123456789", "callers");
  test("is given the token of the environment, or of a file", async () => {
    const { run } = await runningDefender({}, { callers });
    await expect(run("brake")).rejects.toThrow("answered 401: No token came: send the header");
    await expect(run("brake", { ROUNDSMAN_TOKEN: "token-of-eve" })).rejects.toThrow(
      "answered 401: The token is not known",
    );
    const env = { ROUNDSMAN_TOKEN: "token-of-ana-0123456789" };
    expect(await run("brake", env)).toBe("No brake is on.\n");
    const dir = mkdtempSync(join(tmpdir(), "roundsman-token-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "token"), "token-of-ana-0123456789\n");
    const text = await run(`brake on --reason x --token-file ${join(dir, "token")}`);
    const number = /brake release (\d+) /.exec(text)![1];
    await expect(run(`brake release ${number} --reason x`, env)).rejects.toThrow(
      "answered 403: ana may not do this: it needs the permission `release`",
    );
    await expect(run(`brake --token-file ${join(dir, "none")}`)).rejects.toThrow(
      "none cannot be read: there is no such file",
    );
  });
});
