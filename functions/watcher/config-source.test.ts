/** Configuration from a cluster against the practice API server, over real HTTP. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect, type KubeClient, plainAccess } from "#broker/kube/index.ts";
import { startTestApi, type TestApi } from "#functions/practice/testing/api.ts";
import { fault } from "#sdk/errors.ts";
import { DEFINITIONS } from "#sdk/resources/definitions.ts";
import type { Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { ConfigSource } from "./config-source.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const PATH = "/apis/roundsman.dev/v1alpha1/probeconfigs";
let api: TestApi;
let client: KubeClient;
let source: ConfigSource | undefined;

beforeEach(async () => {
  api = await startTestApi();
  client = connect(plainAccess(api.server.url, "c"), { clock: systemClock, random: () => 0 });
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  client.close();
  await api.server.close();
  expect(api.failures).toEqual([]);
});

const install = async () => {
  for (const one of Object.values(DEFINITIONS)) await api.ask("POST", CRDS, one);
};
const config = (name: string, spec: object) => ({
  apiVersion: "roundsman.dev/v1alpha1",
  kind: "ProbeConfig",
  metadata: { name, annotations: { "example.com/secret": "s" } },
  spec,
});
const put = (name: string, spec: object) => api.ask("POST", PATH, config(name, spec));
const change = (name: string, spec: object) =>
  api.ask("PATCH", `${PATH}/${name}`, { spec }, { "content-type": "application/merge-patch+json" });

function start(good: readonly Resource[] = [], taken: string[] = []) {
  source = new ConfigSource({
    client,
    clock: systemClock,
    random: () => 0,
    logger: createLogger("silent"),
    good,
    taken: new Set(taken),
    pause: 1,
    check: (resources) => {
      for (const { kind, metadata, spec } of resources)
        if ((spec as { case?: string }).case === "x/gone")
          throw fault("config-invalid", {
            where: `${kind} ${metadata.name}`,
            key: "spec.case",
            what: 'is "x/gone", which is no case here',
          });
    },
  });
  return source.start();
}

/** What is applied, as it comes: `name=case`. */
function followed() {
  const applied: string[] = [];
  const waits: (() => void)[] = [];
  source!.follow(async (resources) => {
    applied.push(resources.map(({ metadata, spec }) => `${metadata.name}=${(spec as any).case}`).join(" "));
    for (const go of waits.splice(0)) go();
  });
  return { applied, next: () => new Promise<void>((done) => waits.push(done)) };
}

async function condition(name: string, wanted: object): Promise<any> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((done) => setTimeout(done, 5))) {
    const { status } = (await client.get<any>(`${PATH}/${name}`)) ?? {};
    try {
      expect(status?.conditions?.[0]).toMatchObject(wanted);
      return status;
    } catch {
      // not yet
    }
  }
  expect((await client.get<any>(`${PATH}/${name}`)).status?.conditions?.[0]).toMatchObject(wanted);
}

it("takes what stands in the cluster, without what is nobody's business, and says so in its status", async () => {
  await install();
  await put("a", { case: "x/a", for: "2m" });
  expect(await start()).toEqual([
    {
      apiVersion: "roundsman.dev/v1alpha1",
      kind: "ProbeConfig",
      metadata: { name: "a", annotations: { "roundsman.dev/from-cluster": "true" } },
      spec: { case: "x/a", for: "2m" },
    },
  ]);
  followed();
  expect(await condition("a", { type: "Accepted", status: "True" })).toMatchObject({ observedGeneration: 1 });
});

it("follows changes; a mistake leaves the last good one standing until it is mended", async () => {
  await install();
  await put("a", { case: "x/a" });
  await start();
  const { applied, next } = followed();
  await condition("a", { status: "True" });
  const added = next();
  await put("b", { case: "x/b" });
  await added;
  await change("b", { case: "x/gone" });
  expect(await condition("b", { status: "False", reason: "Invalid" })).toMatchObject({
    observedGeneration: 2,
    conditions: [
      {
        message:
          'ProbeConfig b: spec.case is "x/gone", which is no case here. What was accepted before stays in force.',
      },
    ],
  });
  // Nothing was applied for it.
  expect(applied).toEqual(["a=x/a b=x/b"]);
  const mended = next();
  await change("b", { case: "x/c" });
  await mended;
  await condition("b", { status: "True", observedGeneration: 3 });
  const removed = next();
  await api.ask("DELETE", `${PATH}/a`);
  await removed;
  expect(applied).toEqual(["a=x/a b=x/b", "a=x/a b=x/c", "b=x/c"]);
});

it("says which are configured by files, and takes none of them", async () => {
  await install();
  await put("a", { case: "x/a" });
  expect(await start([], ["ProbeConfig a"])).toEqual([]);
  followed();
  await condition("a", { status: "False", reason: "Shadowed" });
});

it("where the kinds are not installed there are none, whatever counted before", async () => {
  const [good] = [config("a", { case: "x/a" })] as unknown as Resource[];
  expect(await start([good!])).toEqual([]);
});

it("where they cannot be read, what counted before stays", async () => {
  await install();
  const good = { ...config("a", { case: "x/a" }), metadata: { name: "a" } } as unknown as Resource;
  const list = client.list.bind(client);
  client = {
    ...client,
    list: async function* (path, options) {
      if (path !== PATH) return yield* list(path, options);
      throw fault("kube-forbidden", { server: "s", verb: "list", resource: "probeconfigs", message: "no", rule: "r" });
    } as KubeClient["list"],
  };
  expect(await start([good])).toEqual([good]);
});

it("applies again what could not be applied", async () => {
  await install();
  await start();
  let failed = 0;
  const done = new Promise<void>((resolve) => {
    source!.follow(async () => {
      if (failed++ === 0) throw new Error("the disk is full");
      resolve();
    });
  });
  await put("a", { case: "x/a" });
  await done;
  await condition("a", { status: "True" });
});
