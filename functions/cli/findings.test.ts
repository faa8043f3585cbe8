import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import { clusterDirectory } from "#functions/standalone/paths.ts";
import { inspections } from "#probes";
import type { Inspection } from "#sdk/case/inspection.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import type { Finding } from "#sdk/terms.ts";
import { type FindingsOptions, findings, show } from "./findings.ts";
import { manifestsOf } from "./in-process.test-kit.ts";
import { fakeProcess } from "./process.test-kit.ts";

const manifests = manifestsOf(inspections as readonly Inspection[]);
const finding = (fingerprint: string, more: Partial<Finding> = {}): Finding => ({
  fingerprint,
  case: "workload/crash-loop",
  severity: "high",
  state: "open",
  episode: 1,
  cluster: "c",
  subject: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web" },
  related: [],
  message: "it crashes",
  firstSeen: "2026-01-01T00:00:00.000Z",
  lastSeen: "2026-01-01T00:00:00.000Z",
  episodes: 1,
  help: "Read its last words.",
  ...more,
});
const ALL = [
  finding("aa11", { traceparent: `00-${"ab".repeat(16)}-${"1".repeat(16)}-01` }),
  finding("aa22", { severity: "low", owner: "team-a", cluster: "other" }),
  finding("bb33", { state: "resolved", resolvedAt: "2026-01-02T00:00:00.000Z", reason: "gone" }),
];

/** Something that answers every path alike. */
async function server(answer: (path: string) => { status?: number; body: string }): Promise<string> {
  const http = createServer((request, response) => {
    const { status = 200, body } = answer(request.url!);
    response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void http.close());
  await new Promise((done) => http.once("listening", done));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const bodyOf = (path: string) => {
  if (path === "/v1/cases") return { cases: manifests };
  return path.endsWith("/history") ? { episodes: [] } : { findings: ALL };
};
const running = () => server((path) => ({ body: JSON.stringify(bodyOf(path)) }));

async function listed(options: Partial<FindingsOptions>, env: NodeJS.ProcessEnv = {}) {
  const { process, out } = fakeProcess({ env });
  await findings({ process, here: new URL("file:///") }, { state: "open", output: "json", ...options });
  return out();
}
const prints = async (options: Partial<FindingsOptions>, env?: NodeJS.ProcessEnv) =>
  (JSON.parse(await listed(options, env)) as Finding[]).map((f) => f.fingerprint);
async function shown(fingerprint: string, url: string, output: "table" | "json" = "table") {
  const { process, out } = fakeProcess();
  await show({ process, here: new URL("file:///") }, fingerprint, { url, output });
  return out();
}

describe("findings of a running one", () => {
  test("are asked for over HTTP, the worst first", async () => {
    const url = await running();
    expect(await prints({ url })).toEqual(["aa11", "aa22"]);
    expect(await prints({}, { PORT: new URL(url).port })).toEqual(["aa11", "aa22"]);
  });
  test.each([
    [{ state: "resolved" }, ["bb33"]],
    [{ state: "all" }, ["aa11", "bb33", "aa22"]],
    [{ severity: "high" }, ["aa11"]],
    [{ owner: "team-*" }, ["aa22"]],
    [{ case: "network/*" }, []],
    [{ namespace: "sh*" }, ["aa11", "aa22"]],
    [{ cluster: "other" }, ["aa22"]],
  ] as const)("are chosen by %j", async (options, expected) => {
    expect(await prints({ url: await running(), ...options })).toEqual(expected);
  });
  test("are told to people", async () => {
    const url = await running();
    expect((await listed({ url, output: "table" })).split("\n")[0]).toMatch(/^SEVERITY +CASE/);
    expect(await listed({ url, output: "table", case: "none/*" })).toBe("No open findings.\n");
    expect(await listed({ url, output: "yaml", case: "none/*" })).toBe("[]\n");
  });
});

test("of a fleet who has the findings is asked, also where others have the cases and what was done", async () => {
  const url = await server((path) =>
    path === "/v1/findings"
      ? { body: JSON.stringify({ findings: ALL }) }
      : { status: 404, body: '{"error":{"message":"There is no such thing."}}' },
  );
  expect(JSON.parse(await listed({ url, state: "all" }))).toHaveLength(ALL.length);
  expect(await shown("aa11", url)).toContain("State:");
  await expect(shown("ffff", url)).rejects.toThrow("There is no such thing");
});

test("one finding says by which id its cause is found again", async () => {
  const url = await running();
  expect(await shown("aa11", url)).toContain(`Trace:       ${"ab".repeat(16)}\n`);
  expect(await shown("aa22", url)).not.toContain("Trace:");
});

describe("one that does not answer as it should", () => {
  test("is not running", async () => {
    const url = await running();
    const { port } = new URL(url);
    await expect(listed({ url: "not a url" })).rejects.toThrow(
      "--url not a url is no address: give http://HOST:PORT or https://HOST:PORT.",
    );
    await expect(listed({}, { PORT: "1" })).rejects.toThrow("No Roundsman answers at http://127.0.0.1:1 (");
    expect(port).not.toBe("1");
  });
  test.each([
    [200, "<html>", "answered 200: not in Roundsman's JSON; something else listens there."],
    [503, '{"error":{"message":"It starts."}}', "answered 503: It starts."],
    [404, "{}", "answered 404: it says no reason."],
  ])("says what it answered: %d %s", async (status, body, message) => {
    await expect(listed({ url: await server(() => ({ status, body })) })).rejects.toThrow(message);
  });
});

describe("one finding", () => {
  test("is told whole: why it matters and what to do", async () => {
    const text = await shown("aa1", await running());
    expect(text).toMatch(/^HIGH workload\/crash-loop: it crashes\n\nSubject: +Pod shop\/web\nState: +open for \d+d\n/);
    expect(text).toContain("\nWhy it matters\n  The container cannot do its work");
    expect(text).toContain("\nWhat to do\n  Read its last words.\n");
    expect(await shown("bb33", await running())).toMatch(/State: +resolved \d+d ago\nWhy closed: +gone\n/);
  });
  test("is data too", async () => {
    expect(JSON.parse(await shown("bb", await running(), "json"))).toMatchObject({
      fingerprint: "bb33",
      reasonOfCase: expect.stringContaining("The container cannot do its work"),
    });
  });
  test("must be known, and be meant alone", async () => {
    const url = await running();
    await expect(shown("zz", url)).rejects.toThrow("No finding begins with zz: `roundsman findings --state all`");
    await expect(shown("aa", url)).rejects.toThrow("2 findings begin with aa: aa11, aa22.");
  });
});

describe("findings of a stopped one", () => {
  function folder(): string {
    const dir = mkdtempSync(join(tmpdir(), "roundsman-stored-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  }
  async function store(data: string, cluster: string, all: readonly Finding[]): Promise<void> {
    const dir = clusterDirectory(data, cluster);
    mkdirSync(dir, { recursive: true });
    const log = await openFileLog({ dir, clock: systemClock, warn: () => undefined });
    await writeConfig(log, manifests, []);
    const key = (f: Finding) => JSON.stringify([f.fingerprint]);
    await log.append(
      all.map((f) => ({ topic: "findings", key: key(f), headers: { cluster }, value: JSON.stringify(f) })),
    );
    await log.close();
  }

  test("are the last that was said of each", async () => {
    const data = folder();
    await store(data, "a/b", [finding("aa11"), finding("aa11", { state: "resolved" }), finding("cc44")]);
    expect(await prints({ data })).toEqual(["cc44"]);
    expect(await prints({ data, state: "resolved" })).toEqual(["aa11"]);
  });
  test("of several clusters are asked for by name", async () => {
    const data = folder();
    await store(data, "one", [finding("aa11", { cluster: "one" })]);
    await store(data, "two", [finding("bb22", { cluster: "two" })]);
    await expect(prints({ data })).rejects.toThrow("it holds several clusters (one, two); choose one with --cluster.");
    expect(await prints({ data, cluster: "two" })).toEqual(["bb22"]);
    await expect(prints({ data, cluster: "three" })).rejects.toThrow("holds no log");
  });
  test("that are not there are said so", async () => {
    await expect(prints({ data: "/none/at/all" })).rejects.toThrow(
      "/none/at/all cannot be read: there is no such file",
    );
    await expect(prints({ data: folder() })).rejects.toThrow("it holds no cluster.");
  });
});
