import { beforeEach, describe, expect, it } from "vitest";
import { type Client, createClient } from "../client.ts";
import { seededRandom } from "../random.ts";
import { createStore, type Store } from "../store/store.ts";
import { createTimeline, type Timeline } from "../timeline.ts";
import { createContext } from "./context.ts";
import type { GarbageCollector } from "./garbage-collector.ts";
import { runHousekeeping } from "./housekeeping.ts";

const MAP = "v1/ConfigMap";
const owned = (name: string, uid: string, owner: string) => ({
  metadata: {
    name,
    namespace: "default",
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: owner, uid }],
  },
});

describe("housekeeping", () => {
  const failures: unknown[] = [];
  let time: Timeline;
  let store: Store;
  let client: Client;
  let garbageCollector: GarbageCollector;

  beforeEach(() => {
    failures.length = 0;
    time = createTimeline(0);
    store = createStore({ clock: time, random: seededRandom(3) });
    client = createClient(store);
    // There before anybody keeps house.
    client.create("v1/Namespace", { metadata: { name: "default" } });
    client.create(MAP, { metadata: { name: "elder", namespace: "default" } });
    ({ garbageCollector } = runHousekeeping(createContext(store, (error) => failures.push(error))));
    time.advance(1_000);
    expect(failures).toEqual([]);
  });

  const names = () => client.list(MAP, "default").map(({ metadata }) => metadata.name);

  it("knows owners that were there before it", () => {
    client.create(MAP, owned("child", client.get(MAP, { name: "elder", namespace: "default" })!.metadata.uid, "elder"));
    time.advance(1_000);
    expect(names()).toContain("child");
    client.remove(MAP, { name: "elder", namespace: "default" });
    time.advance(1_000);
    expect(names()).toEqual(["kube-root-ca.crt"]);
  });

  it("collects what names an owner that never was, unless it overlooks it", () => {
    const { metadata } = client.create(MAP, owned("seen", "nobody", "nobody"));
    garbageCollector.overlooked.add(metadata.uid);
    client.create(MAP, owned("collected", "nobody", "nobody"));
    time.advance(1_000);
    expect(names()).toEqual(["elder", "kube-root-ca.crt", "seen"]);
    garbageCollector.overlooked.delete(metadata.uid);
    garbageCollector.recheck(metadata.uid);
    time.advance(1_000);
    expect(names()).toEqual(["elder", "kube-root-ca.crt"]);
  });

  it("keeps what still has one owner of two", () => {
    const first = client.create(MAP, { metadata: { name: "first", namespace: "default" } });
    const second = client.create(MAP, { metadata: { name: "second", namespace: "default" } });
    const references = [first, second].map(({ metadata }) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: metadata.name,
      uid: metadata.uid,
    }));
    client.create(MAP, { metadata: { name: "child", namespace: "default", ownerReferences: references } });
    client.remove(MAP, first.metadata);
    time.advance(1_000);
    expect(names()).toContain("child");
    client.remove(MAP, second.metadata);
    time.advance(1_000);
    expect(names()).not.toContain("child");
  });

  it("fits out namespaces, and founds those anew that no cluster is without", () => {
    expect(client.get("v1/ServiceAccount", { name: "default", namespace: "default" })).toBeDefined();
    client.remove("v1/Namespace", { name: "kube-node-lease" });
    time.advance(1_000);
    expect(client.get("v1/Namespace", { name: "kube-node-lease" })?.status?.phase).toBe("Active");
    expect(() => client.remove("v1/Namespace", { name: "kube-system" })).toThrow("this namespace may not be deleted");
  });

  it("keeps an APIService for whatever is served", () => {
    const services = () => client.list("apiregistration.k8s.io/v1/APIService").map(({ metadata }) => metadata.name);
    expect(services()).toContain("v1.");
    expect(services()).toContain("v1.apps");
    client.create("apiextensions.k8s.io/v1/CustomResourceDefinition", {
      metadata: { name: "widgets.e.example" },
      spec: {
        group: "e.example",
        scope: "Namespaced",
        names: { plural: "widgets", kind: "Widget" },
        versions: [
          { name: "v1", served: true, storage: true },
          { name: "v2", served: true, storage: false },
        ],
      },
    });
    time.advance(1_000);
    expect(services()).toEqual(expect.arrayContaining(["v1.e.example", "v2.e.example"]));
    client.create("e.example/v1/Widget", { metadata: { name: "a", namespace: "default" } });
    expect(client.get("e.example/v2/Widget", { name: "a", namespace: "default" })).toBeDefined();
    client.remove("apiextensions.k8s.io/v1/CustomResourceDefinition", { name: "widgets.e.example" });
    time.advance(1_000);
    expect(services().filter((name) => name.endsWith("e.example"))).toEqual([]);
    expect(failures).toEqual([]);
  });
});
