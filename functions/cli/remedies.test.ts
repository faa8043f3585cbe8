import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log, NewRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { remediesRoutes } from "#functions/healer/api.ts";
import { readStats } from "#functions/healer/stats.ts";
import * as story from "#functions/healer/story.test-kit.ts";
import { clusterDirectory } from "#functions/standalone/paths.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import type { Finding } from "#sdk/terms.ts";
import { fakeProcess } from "./process.test-kit.ts";
import { createProgram } from "./program.ts";

const here = new URL("../../dist/", import.meta.url);
const { CONDITION_FP, FINDING, START, report, word } = story;
const RESOLVED = { ...FINDING, state: "resolved", resolvedAt: new Date(START + 120_000).toISOString() } as Finding;

async function run(line: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { process, out } = fakeProcess({ env });
  await createProgram({ process, here }).parseAsync(["node", "roundsman", ...line.split(" ")]);
  return out();
}

type More = (tell: (ms: number, ...records: NewRecord[]) => Promise<void>) => Promise<void>;

async function fill(log: Log, clock: { at: number }, more: More = async () => undefined): Promise<void> {
  await writeConfig(log, [], [story.REMEDIER]);
  const tell = async (ms: number, ...records: NewRecord[]) => {
    clock.at = START + ms;
    await log.append(records);
  };
  await story.tellStory({ log, tell });
  await more(tell);
}

/** One that runs and answers on a port. */
async function running(more?: More) {
  const clock = { at: START };
  const now = () => clock.at;
  const log = memoryLog({ clock: { now } });
  await fill(log, clock, more);
  const stats = await readStats(log);
  const app = createServer({ failed: (e) => expect.fail(String(e)) });
  remediesRoutes(app, { log, clock: { now }, healer: { stats: () => stats } });
  app.get("/v1/findings", () => ({ findings: [RESOLVED] }));
  app.get("/v1/cases", () => ({ cases: [] }));
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return { PORT: String((app.server.address() as AddressInfo).port) };
}

/** One that has stopped. */
async function stopped(): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), "roundsman-remedies-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const clock = { at: START };
  const log = await openFileLog({
    dir: clusterDirectory(data, "eu-1"),
    clock: { now: () => clock.at },
    warn: () => undefined,
  });
  await fill(log, clock);
  await log.close();
  return data;
}

describe("roundsman remedies", () => {
  it("tells what was done, newest first", async () => {
    const lines = (await run("remedies --what denied", await running())).trimEnd().split("\n");
    expect(lines).toEqual([
      "TIME                  WHAT    OPERATION  TARGET      CLUSTER  FINDING   SAYS",
      "2027-01-01T03:00:00Z  denied  drain      Node gpu-7  eu-1     a1b2c3d4  Budget nodes is spent.",
    ]);
  });

  it("leads to older ones, and is data too", async () => {
    const env = await running();
    const text = await run("remedies --limit 1", env);
    expect(text).toContain("undone");
    const [, before] = /Older: --before (\d+)\n$/.exec(text)!;
    const page = JSON.parse(await run(`remedies --limit 1 --before ${before} -o json`, env));
    expect(page.remedies).toMatchObject([{ what: "succeeded", message: "12 pods left the node" }]);
    expect(await run("remedies --operation reboot", env)).toBe("Nothing was done, and nothing was asked for.\n");
  });

  it("sums up", async () => {
    expect(await run("remedies --stats", await running())).toBe(
      `\
CASE                  OPERATION  ASKED  GRANTED  DENIED       SUCCEEDED  FAILED  REPAIRED IN  CAME BACK
node/kernel-deadlock  drain      2      1        1 (spent 1)  1 (100 %)  0       2m (1)       0

REMEDIER    STRATEGY  SUCCEEDED          AT LEAST
hung-nodes  act       1 of the latest 1  50%
`,
    );
  });

  it("says which remedier does no good", async () => {
    const env = await running(async (tell) => {
      for (let n = 2; n < 8; n++)
        await tell(200_000, word("granted", n), report("failed", n, { failure: "not-verified" }));
    });
    const text = await run("remedies --stats", env);
    expect(text).toContain("hung-nodes  observe (!)  1 of the latest 7  50%");
    expect(text).toContain("6 (not-verified 6)");
    expect(text).toContain(
      "\n(!) hung-nodes was told to act and only observes: of its latest 7 operations 1 succeeded",
    );
  });

  it("reads a stopped one's data as it would have answered", async () => {
    const [data, env] = [await stopped(), await running()];
    // Where it goes on is each log's own.
    const told = async (...line: Parameters<typeof run>) => (await run(...line)).replace(/--before \d+/, "--before N");
    for (const words of ["remedies", "remedies --limit 2", "remedies --what granted", "remedies --stats"])
      expect(await told(`${words} --data ${data}`)).toBe(await told(words, env));
  });
});

describe("roundsman show", () => {
  const HISTORY = `
What was done
  2027-01-01T03:00:00Z  raised
                        the kernel hangs
  2027-01-01T03:00:00Z  drain Node gpu-7: denied
                        Budget nodes is spent.
  2027-01-01T03:01:00Z  drain Node gpu-7: granted
                        by remedier hung-nodes, step 1; fence 7; job node-u-7
  2027-01-01T03:01:00Z  drain Node gpu-7: started
  2027-01-01T03:01:30Z  drain Node gpu-7: succeeded
                        12 pods left the node
  2027-01-01T03:02:00Z  resolved
  2027-01-01T03:02:01Z  drain Node gpu-7: undone
                        uncordoned
`;

  it("ends with what was done, of a running one and of a stopped one's data", async () => {
    expect(await run("show a1b2", await running())).toContain(HISTORY);
    expect(await run(`show a1b2 --data ${await stopped()}`)).toContain(HISTORY);
    const { history } = JSON.parse(await run("show a1b2 -o json", await running()));
    expect(history).toMatchObject([{ requests: [{ outcome: "denied" }, { outcome: "succeeded" }] }]);
  });

  it("knows the condition of a node that something was done about", async () => {
    const env = await running(async (tell) => {
      const finding = { fingerprint: CONDITION_FP, episode: START + 300_000 };
      await tell(300_000, story.condition("False", 300_000));
      for (let n = 0; n < 3; n++)
        await tell(
          300_000 + n,
          word("denied", n, { case: "condition/Ready", finding, message: "the\nbrake" }, CONDITION_FP),
        );
    });
    expect(await run(`show ${CONDITION_FP}`, env)).toBe(`condition/Ready of eu-1, ${CONDITION_FP}

What was done
  2027-01-01T03:05:00Z  raised
                        Ready is False (KubeletSilent)
  2027-01-01T03:05:00Z  drain Node gpu-7: denied, 3 times
                        the
                        brake
`);
  });

  it("tells the latest of much", async () => {
    const env = await running(async (tell) => {
      for (let n = 2; n < 60; n++) await tell(200_000 + n, word("denied", n, { message: `no ${n}` }));
    });
    const text = await run("show a1b2", env);
    expect(text).toMatch(/What was done\n {2}… 25 earlier; -o json has them\n/);
    expect(text).toContain("no 59\n");
    expect(text).not.toContain("no 19\n");
  });

  it("says what nobody knows", async () => {
    const env = await running();
    await expect(run("show beef", env)).rejects.toThrow("answered 404: No finding begins with beef");
    await expect(run("show zz", env)).rejects.toThrow("No finding begins with zz");
    await expect(run(`show beef --data ${await stopped()}`)).rejects.toThrow("No finding begins with beef");
  });
});
