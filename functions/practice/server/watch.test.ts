import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestApi, type TestApi } from "../testing/api.ts";
import { openWatch } from "../testing/watching.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";

describe("a watch", () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await startTestApi({ bookmarkEvery: 60_000, historyLimit: 50 });
  });
  afterEach(async () => {
    await api.server.close();
    expect(api.failures).toEqual([]);
  });

  const make = async (name: string, labels: Record<string, string> = {}) =>
    (await api.ask("POST", MAPS, { metadata: { name, labels } })).body.metadata.resourceVersion as string;
  const change = (name: string, value: string) =>
    api.ask("PATCH", `${MAPS}/${name}`, { data: { value } }, { "content-type": "application/merge-patch+json" });
  const names = (events: readonly { type: string; object: any }[]) =>
    events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason}`);

  it("tells what happens, as it happens", async () => {
    const version = (await api.ask("GET", MAPS)).body.metadata.resourceVersion;
    const watch = await openWatch(api.server.url, `${MAPS}?watch=true&resourceVersion=${version}`);
    await make("a");
    await change("a", "1");
    await api.ask("DELETE", `${MAPS}/a`);
    expect(names(await watch.count(3))).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(3);
    watch.close();
  });

  it("resumes from where it was, and misses nothing", async () => {
    const version = await make("a");
    await make("b");
    await change("a", "1");
    const watch = await openWatch(api.server.url, `${MAPS}?watch=true&resourceVersion=${version}`);
    await make("c");
    expect(names(await watch.count(3))).toEqual(["ADDED b", "MODIFIED a", "ADDED c"]);
    watch.close();
  });

  it("that is too old ends with 410 Expired in the stream", async () => {
    const version = await make("a");
    for (let i = 0; i < 120; i++) await change("a", String(i));
    const watch = await openWatch(api.server.url, `${MAPS}?watch=true&resourceVersion=${version}`);
    await watch.ended;
    const { object } = watch.events[0]!;
    expect(watch.events).toHaveLength(1);
    expect(watch.events[0]?.type).toBe("ERROR");
    expect(object).toMatchObject({ kind: "Status", code: 410, reason: "Expired" });
    expect(object.message).toBe(`too old resource version: ${version} (${api.store.objects.revision()})`);
  });

  it("gets bookmarks where it asked for them, and a last one before its end", async () => {
    const watch = await openWatch(
      api.server.url,
      `${MAPS}?watch=true&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=130&labelSelector=none`,
    );
    const plain = await openWatch(
      api.server.url,
      `${MAPS}?watch=true&resourceVersion=0&timeoutSeconds=130&labelSelector=none`,
    );
    await make("a");
    api.time.advance(60_000);
    const [first] = await watch.count(1);
    expect(first).toEqual({
      type: "BOOKMARK",
      object: {
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { resourceVersion: String(api.store.objects.revision()) },
      },
    });
    api.time.advance(69_000);
    expect(names(await watch.count(3))).toHaveLength(3);
    api.time.advance(1_000);
    await Promise.all([watch.ended, plain.ended]);
    expect([watch.events.length, plain.events.length]).toEqual([3, 0]);
    expect(api.server.watches()).toBe(0);
  });

  it("ends by itself between half an hour and an hour", async () => {
    const watch = await openWatch(api.server.url, `${MAPS}?watch=true`);
    api.time.advance(1_799_000);
    expect(api.server.watches()).toBe(1);
    api.time.advance(1_801_000);
    await watch.ended;
    expect(api.server.watches()).toBe(0);
  });

  it("is let go when its client goes", async () => {
    const watch = await openWatch(api.server.url, `${MAPS}?watch=true`);
    expect(api.server.watches()).toBe(1);
    watch.close();
    while (api.server.watches() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await make("after");
  });

  it("ends with the definition of its kind", async () => {
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const names = { plural: "widgets", kind: "Widget" };
    const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }];
    const spec = { group: "e.example", scope: "Cluster", names, versions };
    await api.ask("POST", definitions, { metadata: { name: "widgets.e.example" }, spec });
    const widget = { apiVersion: "e.example/v1", kind: "Widget", metadata: { name: "a" } };
    expect((await api.ask("POST", "/apis/e.example/v1/widgets", widget)).code).toBe(201);
    const watch = await openWatch(api.server.url, "/apis/e.example/v1/widgets?watch=true");
    await api.ask("DELETE", `${definitions}/widgets.e.example`);
    api.time.advance(1_000);
    await watch.ended;
    expect(watch.events.map(({ type }) => type)).toEqual(["ADDED", "DELETED"]);
    expect(await api.ask("GET", "/apis/e.example/v1/widgets")).toMatchObject({
      code: 404,
      body: "404 page not found\n",
    });
  });

  it("of metadata is spared the rest, and told of it only under its selector", async () => {
    const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    const watch = await openWatch(
      api.server.url,
      `${MAPS}?watch=true&resourceVersion=${api.store.objects.revision()}&labelSelector=tier`,
      accept,
    );
    await make("a");
    await make("b", { tier: "x" });
    await change("b", "1");
    const events = await watch.count(2);
    expect(names(events)).toEqual(["ADDED b", "MODIFIED b"]);
    expect(events.every(({ object }) => object.kind === "PartialObjectMetadata" && object.data === undefined)).toBe(
      true,
    );
    watch.close();
  });

  describe("under a test's knobs", () => {
    it("is cut, alone or with all others", async () => {
      const maps = await openWatch(api.server.url, `${MAPS}?watch=true`);
      const pods = await openWatch(api.server.url, "/api/v1/pods?watch=true");
      expect(api.server.knobs.cutWatches("configmaps")).toBe(1);
      await maps.ended;
      expect(api.server.watches()).toBe(1);
      expect(api.server.knobs.cutWatches()).toBe(1);
      await pods.ended;
    });

    it("stalls half-open: it stays, and says nothing any more; a new one is well", async () => {
      const old = await openWatch(
        api.server.url,
        `${MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${api.store.objects.revision()}&timeoutSeconds=70`,
      );
      expect(api.server.knobs.stallWatches()).toBe(1);
      const version = api.store.objects.revision();
      await make("a");
      api.time.advance(80_000);
      const fresh = await openWatch(api.server.url, `${MAPS}?watch=true&resourceVersion=${version}`);
      expect(names(await fresh.count(1))).toEqual(["ADDED a"]);
      expect(old.events).toEqual([]);
      expect(api.server.watches()).toBe(2);
      fresh.close();
      old.close();
    });

    it("loses a share of its events", async () => {
      const watch = await openWatch(
        api.server.url,
        `${MAPS}?watch=true&resourceVersion=${api.store.objects.revision()}`,
      );
      api.server.knobs.dropWatchEvents(0.5);
      for (let i = 0; i < 40; i++) await make(`x${i}`);
      api.server.knobs.dropWatchEvents(0);
      await make("last");
      while (watch.events.at(-1)?.object.metadata.name !== "last") await watch.count(watch.events.length + 1);
      expect(watch.events.length).toBeGreaterThan(5);
      expect(watch.events.length).toBeLessThan(36);
      watch.close();
    });

    it("gets no bookmarks while they pause", async () => {
      const watch = await openWatch(api.server.url, `${MAPS}?watch=true&allowWatchBookmarks=true&labelSelector=none`);
      api.server.knobs.pauseBookmarks(true);
      api.time.advance(180_000);
      api.server.knobs.pauseBookmarks(false);
      api.time.advance(60_000);
      expect((await watch.count(1)).map(({ type }) => type)).toEqual(["BOOKMARK"]);
      watch.close();
    });

    it("cannot resume once the history is compacted", async () => {
      const version = await make("a");
      await make("b");
      api.server.knobs.compact();
      const watch = await openWatch(api.server.url, `${MAPS}?watch=true&resourceVersion=${version}`);
      await watch.ended;
      expect(watch.events[0]?.object.code).toBe(410);
    });
  });
});
