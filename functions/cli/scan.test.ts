import { readFileSync, utimesSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Finding } from "#sdk/terms.ts";
import { ago, object, pod, service } from "../../probes/objects.test-kit.ts";
import { type Built, buildForTests } from "./built.test-kit.ts";
import { type CasesOptions, cases } from "./cases.ts";
import { create } from "./new.ts";
import { type RbacOptions, rbac } from "./rbac.ts";
import { type ScanOptions, scan } from "./scan.ts";
import { test as runTests } from "./test.ts";

const NOW = "2026-01-01T12:00:00Z";
const list = (...items: object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const twins = list(...["a", "b"].map((name) => pod(name, { status: { podIPs: [{ ip: "10.0.0.9" }] } })));

let built: Built;
beforeAll(async () => {
  built = await buildForTests();
});
afterAll(() => built.remove());

async function looked(options: Partial<ScanOptions>, stdin?: string) {
  const { context, out, err, code } = built.context(stdin === undefined ? {} : { stdin });
  await scan(context, { output: "json", ...options });
  return { code: code(), text: out(), err: err(), findings: () => JSON.parse(out()) as Finding[] };
}

describe("a scan of a dump", () => {
  test("prints an array of findings, and says 1", async () => {
    const { code, err, findings } = await looked({ file: ["-"], now: NOW, complete: true }, twins);
    expect(findings()).toMatchObject([
      {
        case: "network/duplicate-pod-ip",
        state: "open",
        cluster: "dump",
        severity: "critical",
        firstSeen: "2026-01-01T12:00:00.000Z",
      },
    ]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
  });
  test("says 0 and [] where nothing is found", async () => {
    const { code, text, err } = await looked({ file: ["-"], now: NOW, complete: true }, list(pod("a")));
    expect({ code, text, err }).toEqual({ code: 0, text: "[]\n", err: "" });
  });
  test("tells people by how many cases, and what was skipped", async () => {
    const { code, text, err } = await looked({ file: ["-"], now: NOW, output: "table" }, list(pod("a")));
    expect({ code, text }).toEqual({ code: 0, text: "Nothing found by 4 of 20 cases.\n" });
    expect(err).toContain(
      "roundsman: v1/Service was not dumped: network/service-selects-two-owners, network/service-without-endpoints are skipped\n",
    );
    expect(err).toMatch(
      /roundsman: with --complete, what is not in the dump does not exist, and those cases run too\n$/,
    );
  });
  test("says 2 where there was nothing to look at", async () => {
    const { code, text, err } = await looked({ file: ["-"], now: NOW }, list());
    expect({ code, text }).toEqual({ code: 2, text: "[]\n" });
    expect(err).toContain("the dump holds no object, so nothing was looked at");
  });
  test.each([
    ["critical", 1],
    ["low", 1],
    [undefined, 1],
  ] as const)("fails on %s findings or worse", async (failOn, expected) => {
    const { code } = await looked({ file: ["-"], now: NOW, complete: true, ...(failOn && { failOn }) }, twins);
    expect(code).toBe(expected);
  });
  test("shows what is not bad enough to fail, and says 0", async () => {
    const dump = list(service("nobody"));
    const { code, findings } = await looked({ file: ["-"], now: NOW, complete: true, failOn: "critical" }, dump);
    expect(findings().map((f) => f.case)).toEqual(["network/service-without-endpoints"]);
    expect(code).toBe(0);
  });
  test("takes the file's time for now, and says so", async () => {
    built.write({
      "dump.json": list(object("v1/ConfigMap", "held", { namespace: "shop", deleted: 660, finalizers: ["a/b"] })),
    });
    const file = join(built.cwd, "dump.json");
    for (const [seconds, count] of [
      [61, 1],
      [59 - 120, 0],
    ] as const) {
      const at = Date.parse(ago(0)) / 1000 + seconds - 60;
      utimesSync(file, at, at);
      const { err, findings } = await looked({ file: [file], complete: true });
      expect(err).toBe(
        `roundsman: taken as of ${new Date(at * 1000).toISOString()}, the file's time; give --now if it was dumped at another moment\n`,
      );
      expect(findings()).toHaveLength(count);
    }
  });
  test("leaves out namespaces by the finding, not by what is read", async () => {
    const volume = object("v1/PersistentVolume", "pv", {
      spec: { claimRef: { namespace: "shop", name: "data", uid: "u1" } },
      status: { phase: "Bound" },
    });
    const dump = list(
      volume,
      object("v1/PersistentVolumeClaim", "data", { namespace: "shop", uid: "u1" }),
      service("nobody"),
    );
    const without = await looked({ file: ["-"], now: NOW, complete: true, excludeNamespace: ["shop"] }, dump);
    expect(without.findings()).toEqual([]);
    const only = await looked({ file: ["-"], now: NOW, complete: true, namespace: ["shop"] }, dump);
    expect(only.findings().map((f) => f.subject.name)).toEqual(["nobody"]);
  });
  test("says what in it is no object, and goes on", async () => {
    const { code, err, findings } = await looked(
      { file: ["-"], now: NOW, complete: true },
      list({ apiVersion: "v1", kind: "Pod", metadata: null as never }),
    );
    expect(err).toBe("roundsman: stdin: item 1 of the List is a Pod without metadata, so it is left out\n");
    expect(findings()).toEqual([]);
    expect(code).toBe(2);
  });
  test.each([
    [{ file: ["-"], now: "yesterday" }, '--now is "yesterday"; write a time such as'],
    [{ file: ["-"], kubeconfig: "x" }, "--kubeconfig names a cluster, and -f a dump"],
    [{ now: NOW }, "--now says when a dump was taken: give one with -f"],
    [{ complete: true }, "--complete says what a dump holds: give one with -f"],
    [{ file: ["none.json"] }, "none.json cannot be read as a dump: there is no such file"],
    [{ kubeconfig: "/none/at/all" }, "The kubeconfig /none/at/all cannot be read: there is no such file."],
  ])("refuses what makes no sense: %j", async (options, message) => {
    await expect(looked(options, twins)).rejects.toThrow(message);
  });
});

describe("cases of one's own", () => {
  const good = (name: string) => `
    import { inspection } from "roundsman";
    import { word } from "./word.ts";
    export default inspection.each({
      name: "${name}", severity: "low", help: "none", of: { kind: "v1/Pod", pick: [] }, check: () => word as string,
    });`;
  const lib = { "word.ts": 'export const word: string = "hello";\n' };

  test("in TypeScript are bundled and run; those with a mistake are named by their file", async () => {
    built.write({
      "own/a.ts": good("own/a"),
      "own/syntax.ts": "export default {{{",
      "own/field.ts": good("own/field").replace("help", "halp"),
      "own/twice.ts": good("own/a"),
      "own/word.ts": lib["word.ts"],
      "own/b.test.ts": "throw new Error('never loaded');",
    });
    const { code, err, findings } = await looked({ file: ["-"], now: NOW, cases: ["own"] }, list(pod("a")));
    expect(findings().map((f) => `${f.case}: ${f.message}`)).toEqual(["own/a: hello"]);
    expect(err).toMatch(/own\/syntax\.ts cannot be bundled: .* at line 1, column \d+: export default \{\{\{\n/);
    expect(err).toMatch(/own\/field\.ts: halp .*help/);
    expect(err).toMatch(/own\/twice\.ts: name: "own\/a" is taken/);
    expect(err).toMatch(/own\/word\.ts exports no case/);
    expect(code).toBe(1);
  });
  test("that throw stop no others", async () => {
    built.write({
      "bad/throws.ts": good("bad/throws").replace("() => word as string", '() => { throw new Error("oh"); }'),
      "bad/word.ts": `${lib["word.ts"]}export default (await import("roundsman")).probe({ name: "bad/word", severity: "low", help: "none", timeout: "1s", run: async () => undefined });`,
    });
    const { code, err, findings } = await looked({ file: ["-"], now: NOW, complete: true, cases: ["bad"] }, twins);
    expect(findings().map((f) => f.case)).toEqual(["network/duplicate-pod-ip"]);
    expect(err).toMatch(/bad\/throws under key ".*": bad\/throws\.ts: check threw Error: oh at .*bad\/throws\.ts:5:/);
    expect(code).toBe(1);
  });
});

describe("`new`", () => {
  const options = { name: "shop/no-latest-image", package: "./roundsman.tgz" };
  test("writes a case that loads, and says what comes next", async () => {
    const { context, out } = built.context();
    await create(context, "mine", options);
    expect(out()).toBe("Wrote 6 files. Next:\n  cd mine\n  npm install\n  npm test\n");
    const written = JSON.parse(readFileSync(join(built.cwd, "mine/package.json"), "utf8"));
    expect(written.dependencies).toEqual({ roundsman: "file:../roundsman.tgz" });
    const web = pod("web", { spec: { containers: [{ name: "app", image: "web:latest" }] } });
    const { err, findings } = await looked({ file: ["-"], now: NOW, cases: ["mine"] }, list(web));
    expect(findings().map((f) => f.case)).toEqual(["shop/no-latest-image"]);
    expect(err).not.toContain("mine/");
  });
  test("overwrites nothing", async () => {
    built.write({ "taken/file": "" });
    await expect(create(built.context().context, "taken", options)).rejects.toThrow(
      "taken is not empty: name a folder",
    );
    await expect(create(built.context().context, "taken/file", options)).rejects.toThrow(
      "taken/file is, or stands in, a file: name a folder",
    );
  });
  test.each(["Shop/x", "shop", "shop/", "a/b/c", "../x"])("refuses the name %j", async (name) => {
    await expect(create(built.context().context, "never", { name })).rejects.toThrow("write group/kebab-case");
  });
});

describe("`test`", () => {
  test("says what is missing", async () => {
    built.write({ "untested/a.ts": "" });
    const { context } = built.context();
    await expect(runTests(context, "none")).rejects.toThrow("none cannot be tested: there is no such file or folder.");
    await expect(runTests(context, "untested")).rejects.toThrow("untested cannot be tested: it holds no test;");
  });
});

describe("`cases`", () => {
  const listed = async (options: Partial<CasesOptions>) => {
    const { context, out, err, code } = built.context();
    await cases(context, { output: "table", ...options });
    return { out: out(), err: err(), code: code() };
  };
  test("lists every shipped case by one line", async () => {
    const { out, err, code } = await listed({});
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatch(/^CASE +SEVERITY +FOR +OWNER +RUNS +WHY$/);
    expect(lines.find((line) => line.startsWith("control-plane/unserved"))).toMatch(
      /critical +30s +- +on +Requests for the API fail: without metrics\.k8s\.io nothing is autoscaled\.$/,
    );
    expect([err, code]).toEqual(["", undefined]);
  });
  test("tells what a configuration makes of them", async () => {
    const config = (name: string, spec: object) =>
      JSON.stringify({ apiVersion: "roundsman.dev/v1alpha1", kind: "ProbeConfig", metadata: { name }, spec });
    built.write({
      "config/off.json": config("a", { case: "node/pressure", disabled: true }),
      "config/twice.json": config("b", { case: "node/task-hung", instance: "slow", for: "2m" }),
    });
    const { out } = await listed({ config: join(built.cwd, "config") });
    expect(out).toMatch(/node\/pressure +medium +- +- +off /);
    expect(out).toMatch(/node\/task-hung +high +0s, 2m +- +on, slow /);
  });
  test("says 2 where one has a mistake, and names a folder that is not there", async () => {
    built.write({ "broken/a.ts": "export default 1;" });
    const { err, code } = await listed({ cases: ["broken"] });
    expect(err).toContain("broken/a.ts exports no case");
    expect(code).toBe(2);
    await expect(listed({ cases: ["nowhere"] })).rejects.toThrow("Cases cannot be read from nowhere: there is no such");
  });
});

describe("`rbac`", () => {
  const printed = async (options: Partial<RbacOptions>) => {
    const { context, out, err } = built.context();
    await rbac(context, { accountNamespace: "roundsman", ...options });
    return { out: out(), err: err() };
  };
  test("prints YAML for kubectl", async () => {
    const { out, err } = await printed({});
    expect(out).toMatch(/^# Read-only, for 20 cases, from Kubernetes' own kinds/);
    expect(out.split("---\n")).toHaveLength(4);
    expect(out).not.toMatch(/secrets|"\*"|delete|create/);
    expect(err).toBe("");
  });
  test("refuses what can be no namespace", async () => {
    await expect(printed({ namespace: ["A b"] })).rejects.toThrow('--namespace is "A b", which can be no namespace');
    await expect(printed({ accountNamespace: "-" })).rejects.toThrow("--account-namespace is");
  });
});

/** A server that is no API server. */
async function listening(answer: string): Promise<string> {
  const server = createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((done) => server.once("listening", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a scan of what is no cluster says so", async () => {
  const url = await listening("<html>log in</html>");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: url } }],
    users: [{ name: "u", user: {} }],
  };
  built.write({ kubeconfig: JSON.stringify(config) });
  await expect(looked({ kubeconfig: join(built.cwd, "kubeconfig") })).rejects.toThrow(
    "that is not the Kubernetes API's JSON",
  );
});
