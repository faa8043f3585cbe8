/** What is configured, of defaults, files and a cluster, over real HTTP to the practice API server. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { readConfig } from "#broker/config-view.ts";
import { connect, type KubeClient, plainAccess } from "#broker/kube/index.ts";
import type { Log } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { startTestApi, type TestApi } from "#functions/practice/testing/api.ts";
import { inspection } from "#sdk";
import { manifestOf } from "#sdk/case/manifest.ts";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { Configuration } from "./configuration.ts";

const manifest = (name: string) => {
  const definition = inspection.each({
    name,
    severity: "low",
    reason: "r",
    help: "h",
    of: { kind: "v1/ConfigMap", where: { "data.bad": "true" }, pick: ["data.bad"] },
    check: () => "bad",
  });
  return manifestOf(definition, "case.ts", "1");
};
const manifests = [manifest("x/bad")];
const PATH = "/apis/roundsman.dev/v1alpha1/probeconfigs";
const resource = (kind: string, name: string, spec: object) =>
  ({ apiVersion: "roundsman.dev/v1alpha1", kind, metadata: { name }, spec }) as Resource;

let api: TestApi;
let client: KubeClient;
let log: Log;
let configuration: Configuration | undefined;

beforeEach(async () => {
  api = await startTestApi();
  client = connect(plainAccess(api.server.url, "c"), { clock: systemClock, random: () => 0 });
  log = memoryLog({ clock: systemClock });
  for (const one of Object.values(DEFINITIONS))
    await api.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", one);
});
afterEach(async () => {
  await configuration?.stop();
  configuration = undefined;
  client.close();
  await log.close();
  await api.server.close();
});

async function start(resources: Resource[] = [], fromCluster = true) {
  await configuration?.stop();
  configuration = new Configuration({
    cluster: { name: "c", client, configs: [] },
    resources,
    fromCluster,
    clock: systemClock,
    random: () => 0,
    logger: createLogger("silent"),
    env: {},
    stdout: { write: () => undefined, colour: false },
  });
  await configuration.start(log, manifests);
}
/** `name=owner` of the ProbeConfigs that were written down. */
const written = async () =>
  (await readConfig(log))!.probeConfigs.map(({ metadata, spec }) => `${metadata.name}=${spec.owner}`);
const put = (name: string, spec: object) => api.ask("POST", PATH, resource("ProbeConfig", name, spec));
const change = (name: string, spec: object) =>
  api.ask("PATCH", `${PATH}/${name}`, { spec }, { "content-type": "application/merge-patch+json" });

it("is written down with the defaults: a file goes before the cluster, in name and in what it configures", async () => {
  await put("same", { case: "x/bad", instance: "one", owner: "cluster" });
  await put("other", { case: "x/bad", owner: "cluster" });
  await put("own", { case: "x/bad", instance: "two", owner: "cluster" });
  await start([
    resource("ProbeConfig", "same", { case: "x/bad", instance: "three", owner: "file" }),
    resource("ProbeConfig", "file", { case: "x/bad", owner: "file" }),
  ]);
  expect(await written()).toEqual(["same=file", "file=file", "own=cluster"]);
  const kinds = (await readConfig(log))!.resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(kinds).toEqual(expect.arrayContaining(["AlertSubscription stdout", "Budget few-per-cluster", "Cluster c"]));
});

it("holds the last good one over a restart, and what a file said only as long as it says it", async () => {
  await put("a", { case: "x/bad", owner: "one" });
  await start([resource("ProbeConfig", "file", { case: "x/bad", instance: "f", owner: "file" })]);
  await change("a", { case: "x/worse" });
  await start();
  expect(await written()).toEqual(["a=one"]);
  await api.ask("DELETE", `${PATH}/a`);
  await start();
  expect(await written()).toEqual([]);
});

it("tells of a change once it is written down", async () => {
  await start();
  const changed = new Promise<string[]>((done) => configuration!.follow(async () => done(await written())));
  await put("a", { case: "x/bad", owner: "one" });
  expect(await changed).toEqual(["a=one"]);
  expect(configuration!.resources.map(({ metadata }) => metadata.name)).toContain("a");
});

it("asks the cluster nothing where that is not wanted", async () => {
  await put("a", { case: "x/bad", owner: "one" });
  await start([], false);
  expect(await written()).toEqual([]);
});

it("refuses a mistake in a file, whatever the cluster says", async () => {
  await expect(start([resource("ProbeConfig", "f", { case: "x/bat" })])).rejects.toThrow(/ProbeConfig f: spec\.case/);
});

it("goes on with other cases: what the cluster says is judged anew, and a file that they do not go with changes nothing", async () => {
  const worse = manifest("x/worse");
  await put("a", { case: "x/worse", owner: "one" });
  await start();
  expect(await written()).toEqual([]);
  await configuration!.use([...manifests, worse]);
  expect(await written()).toEqual(["a=one"]);
  expect((await readConfig(log))!.manifests.map(({ name }) => name)).toEqual(["x/bad", "x/worse"]);

  await start([resource("ProbeConfig", "f", { case: "x/bad" })]);
  await expect(configuration!.use([worse])).rejects.toThrow(/ProbeConfig f: spec\.case/);
  expect((await readConfig(log))!.manifests.map(({ name }) => name)).toEqual(["x/bad"]);
});
