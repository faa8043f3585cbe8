import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "./object.ts";
import { type Change, createObjects } from "./objects.ts";

const object = (name: string, value: number, namespace = "n"): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name, namespace, uid: name, resourceVersion: "", creationTimestamp: "" },
  value,
});

describe("objects and their history", () => {
  it("shows any earlier revision as it was, and tells what changed since", () => {
    const step = fc.record({ name: fc.constantFrom("a", "b", "c"), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const objects = createObjects({ historyLimit: 1_000 });
        const snapshots: (readonly KubeObject[])[] = [objects.list("things")];
        steps.forEach(({ name, remove }, i) => {
          const known = objects.get("things", "n", name);
          if (remove && known) objects.remove("things", known);
          else objects.put("things", object(name, i));
          snapshots.push(objects.list("things"));
        });
        snapshots.forEach((snapshot, revision) => {
          expect(objects.at("things", revision)).toEqual(snapshot);
          // Replaying what came after leads to what is there now.
          const replayed = new Map(snapshot.map((one) => [one.metadata.name, one]));
          for (const change of objects.since(revision) ?? []) {
            if (change.type === "DELETED") replayed.delete(change.object.metadata.name);
            else replayed.set(change.object.metadata.name, change.object);
          }
          expect([...replayed.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))).toEqual(
            objects.list("things"),
          );
        });
      }),
      { numRuns: 60 },
    );
  });

  it("forgets what is too long ago, and says so", () => {
    const objects = createObjects({ historyLimit: 3 });
    for (let i = 0; i < 20; i++) objects.put("things", object("a", i));
    expect(objects.since(0)).toBeUndefined();
    expect(objects.at("things", 1)).toBeUndefined();
    expect(objects.since(17)?.map(({ revision }) => revision)).toEqual([18, 19, 20]);
    objects.compact();
    expect(objects.since(19)).toBeUndefined();
    expect(objects.since(20)).toEqual([]);
  });

  it("tells changes in their order, also those that a listener makes", () => {
    const objects = createObjects({ historyLimit: 10 });
    const seen: Change[][] = [[], []];
    objects.subscribe((change) => {
      seen[0]?.push(change);
      if (change.object.metadata.name === "a") objects.put("things", object("b", 0));
    });
    objects.subscribe((change) => void seen[1]?.push(change));
    objects.put("things", object("a", 0));
    const told = seen.map((changes) => changes.map(({ revision, object: { metadata } }) => [revision, metadata.name]));
    expect(told).toEqual([
      [
        [1, "a"],
        [2, "b"],
      ],
      [
        [1, "a"],
        [2, "b"],
      ],
    ]);
  });

  it("keeps namespaces apart and in order, and objects frozen", () => {
    const objects = createObjects({ historyLimit: 10 });
    for (const [name, namespace] of [
      ["b", "y"],
      ["a", "y"],
      ["z", "x"],
    ] as const)
      objects.put("things", object(name, 0, namespace));
    expect(objects.list("things").map(({ metadata }) => metadata.name)).toEqual(["z", "a", "b"]);
    expect(objects.list("things", "y").map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    expect(() => Object.assign(objects.list("things")[0]!.metadata, { name: "c" })).toThrow(TypeError);
  });
});
