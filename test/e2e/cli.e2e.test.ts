/** What the command line says of a real API server: by itself, from a dump, and with no more rights than it asks for. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Finding } from "#sdk/terms.ts";
import { createAccount } from "./support/account.ts";
import { Cluster } from "./support/cluster.ts";
import { claim, namespace, type Obj, playedNode, pod, service, volume } from "./support/objects.ts";
import { retry } from "./support/retry.ts";
import { Roundsman, roundsman } from "./support/roundsman.ts";
import { run } from "./support/run.ts";
import { builtCli } from "./support/testbed.ts";

const NS = "cli-e2e";
const ROLE = { "e2e.example.com/role": "cli" };
const cluster = new Cluster(inject("place"));
let dir: string;

const objects: Obj[] = [
  namespace(NS),
  playedNode("cli-1", { labels: ROLE }),
  pod(NS, "web", { labels: { app: "web" }, spec: { nodeSelector: ROLE } }),
  service(NS, "web", { app: "web" }),
  service(NS, "nobody", { app: "nobody" }),
  volume("cli-e2e", NS, "data"),
  claim(NS, "data", "cli-e2e"),
];

const line = ({ severity, case: name, rule, subject, message }: Finding) =>
  `${severity} ${name} ${rule} ${subject.kind} ${subject.namespace}/${subject.name}: ${message}`;
const scan = async (...args: string[]) => {
  const { code, stdout, stderr } = await roundsman("scan", ...args, "-o", "json");
  if (code > 1) throw new Error(`scan ${args.join(" ")} ended with ${code}: ${stderr}`);
  return { code, stderr, lines: (JSON.parse(stdout) as Finding[]).map(line) };
};
const NOBODY = `high network/service-without-endpoints undefined Service ${NS}/nobody: Service ${NS}/nobody has no endpoint: no pod that runs matches it`;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-cli-e2e-"));
  await cluster.apply(objects);
  await cluster.kubectl("wait", "-n", NS, "pod/web", "--for=condition=Ready", "--timeout=60s");
  await cluster.kubectl("wait", "-n", NS, "pvc/data", "--for=jsonpath={.status.phase}=Bound", "--timeout=60s");
  // Whatever other files left is on its way: what is compared must stand still.
  await retry(async () => {
    const { lines } = await scan("--kubeconfig", cluster.kubeconfig, "-n", NS);
    expect(lines.filter((one) => one.includes(`${NS}/`))).toEqual([NOBODY]);
  }, 60_000);
});

afterAll(async () => {
  // Waited for: the files after this one find what is stuck in its going.
  await cluster.kubectl("delete", "namespace", NS, ...accounts);
  await cluster.kubectl("delete", "pv,node", "cli-e2e", "cli-1", "--ignore-not-found", "--wait=false");
  rmSync(dir, { recursive: true, force: true });
});

it("a dump says what the cluster says", async () => {
  const names = await cluster.kubectl("api-resources", "--verbs=list", "-o", "name");
  const kinds = names
    .trim()
    .split("\n")
    .filter((name) => !/^(secrets|events\.events\.k8s\.io|componentstatuses)$/.test(name));
  const dump = (format: string) => cluster.kubectl("get", kinds.join(","), "-A", "-o", format);
  const files = await Promise.all(
    ["json", "yaml"].map(async (format) => {
      const file = join(dir, `dump.${format}`);
      writeFileSync(file, await dump(format));
      return file;
    }),
  );
  const version = join(dir, "version.json");
  writeFileSync(version, await cluster.kubectl("version", "-o", "json"));
  const live = await scan("--kubeconfig", cluster.kubeconfig);
  for (const file of files) {
    const { code, lines, stderr } = await scan("-f", file, "-f", version, "--complete");
    expect(lines).toEqual(live.lines);
    expect(code).toBe(1);
    expect(stderr).toContain("the file's time; give --now");
    expect(stderr).not.toMatch(/skipped|left out/);
  }
  const input = await dump("json");
  const piped = await run(process.execPath, [builtCli(), "scan", "-f", "-", "--complete", "-o", "json"], { input });
  expect((JSON.parse(piped.stdout) as Finding[]).map(line)).toEqual(live.lines);
  const one = await scan("-f", files[0]!, "--complete", "-n", NS);
  expect(one.lines.filter((text) => text.includes("/"))).toContain(NOBODY);
  const none = await scan("-f", files[0]!, "--complete", "--exclude-namespace", NS);
  expect(none.lines).not.toContain(NOBODY);
});

it("a volume and its claim are whole, whichever namespaces are looked at", async () => {
  for (const scope of [
    ["-n", "default"],
    ["--exclude-namespace", NS],
  ]) {
    const { lines, stderr } = await scan("--kubeconfig", cluster.kubeconfig, ...scope);
    expect(lines.filter((one) => one.includes("cli-e2e"))).toEqual([]);
    if (scope[0] === "-n") expect(stderr).toContain("only the namespace default is read: ");
  }
});

/** Namespaces of the accounts that were made. */
const accounts: string[] = [];

/** A kubeconfig of the account that `rbac` printed. */
function account(namespace: string, ...args: string[]): Promise<string> {
  accounts.push(namespace);
  const own = ["--kubeconfig", cluster.kubeconfig, ...args];
  return createAccount(cluster, {
    name: "roundsman-watcher",
    namespace,
    args: own,
    file: join(dir, `${namespace}.kubeconfig`),
  });
}

it("the rights that rbac prints are enough to scan and to watch, and let nothing be changed or be known", async () => {
  const kubeconfig = await account("cli-e2e-all");
  const admin = await scan("--kubeconfig", cluster.kubeconfig);
  const own = await scan("--kubeconfig", kubeconfig);
  expect(own.lines).toEqual(admin.lines);
  expect(own.stderr).toBe("");
  const may = async (...what: string[]) =>
    (
      await cluster.tryKubectl([
        "auth",
        "can-i",
        "-A",
        "--as=system:serviceaccount:cli-e2e-all:roundsman-watcher",
        ...what,
      ])
    ).stdout.trim();
  expect(await may("list", "pods")).toBe("yes");
  for (const [verb, kind] of [
    ["list", "secrets"],
    ["delete", "pods"],
    ["patch", "nodes"],
    ["create", "pods"],
  ])
    expect(await may(verb!, kind!), `${verb} ${kind}`).toBe("no");
  const watching = await Roundsman.start({ kubeconfig, configs: [] });
  try {
    expect(await watching.metric("roundsman_watch_errors_total")).toBe(0);
    expect(watching.stderr).toBe("");
  } finally {
    await watching.stop();
    watching.remove();
  }
});

it("the rights for one namespace are enough to scan it", async () => {
  const kubeconfig = await account("cli-e2e-one", "-n", NS);
  const { lines, stderr } = await scan("--kubeconfig", kubeconfig, "-n", NS);
  expect(lines.filter((one) => one.includes(`${NS}/`))).toEqual([NOBODY]);
  expect(stderr.trim().split("\n")).toEqual([
    expect.stringMatching(`only the namespace ${NS} is read: .* are skipped$`),
  ]);
  const { code, stderr: refused } = await roundsman("scan", "--kubeconfig", kubeconfig);
  expect(code).toBe(2);
  expect(refused).toMatch(/could not run: .* forbids to list pods: .*`roundsman rbac` prints all that are needed/);
});
