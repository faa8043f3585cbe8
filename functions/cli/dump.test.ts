import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDump } from "./dump.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "roundsman-dump-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } });
const read = (value: unknown) =>
  readDump(["-"], async () => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
const names = async (value: unknown) =>
  Object.fromEntries([...(await read(value)).objects].map(([kind, all]) => [kind, all.map((o) => o.metadata.name)]));
const list = (kind: string, items: unknown, apiVersion = "v1") => ({ apiVersion, kind, items });

describe("a dump", () => {
  test.each([
    ["an object", pod("a")],
    ["a List", list("List", [pod("a")])],
    ["a typed list, whose items do not say what they are", list("PodList", [{ metadata: { name: "a" } }])],
    ["an array of them", [list("List", []), pod("a")]],
    [
      "YAML of several documents",
      "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n---\nkind: List\napiVersion: v1\nitems: []\n",
    ],
  ])("may be %s", async (_, value) => {
    expect(await names(value)).toEqual({ "v1/Pod": ["a"] });
  });
  test("of a typed list without items says that there are none", async () => {
    const { objects, listed } = await read([list("DeploymentList", null, "apps/v1"), list("PodList", [])]);
    expect([...listed].sort()).toEqual(["apps/v1/Deployment", "v1/Pod"]);
    expect(objects.size).toBe(0);
    expect((await read(list("List", []))).listed.size).toBe(0);
  });
  test("may say which version the API server has", async () => {
    const version = { major: "1", minor: "34", gitVersion: "v1.34.1" };
    expect((await read({ clientVersion: {}, serverVersion: version })).version).toEqual(version);
  });
  test("leaves out what is no object, and says so", async () => {
    const items = [
      pod("a"),
      { ...pod("b"), metadata: null },
      5,
      null,
      { metadata: { name: "c" } },
      { ...pod("d"), metadata: { name: 7 } },
    ];
    const { objects, unusable } = await read(list("List", items));
    expect(objects.get("v1/Pod")).toHaveLength(1);
    expect(unusable).toEqual([
      "stdin: item 2 of the List is a Pod without metadata, so it is left out",
      "stdin: item 3 of the List is 5, so it is left out",
      "stdin: item 4 of the List is null, so it is left out",
      "stdin: item 5 of the List has no kind, so it is left out",
      "stdin: item 6 of the List is a Pod without a name, so it is left out",
    ]);
  });
});

describe("what is no dump", () => {
  test.each([
    [{ a: 1 }, 'it holds no Kubernetes object but {"a":1}.'],
    ["just words", 'it holds no Kubernetes object but "just words".'],
    [
      { kind: "Status", apiVersion: "v1", metadata: {}, message: "pods is forbidden" },
      "it is an answer of the API server that says: pods is forbidden.",
    ],
    [{ kind: "Table", apiVersion: "meta.k8s.io/v1", rows: [] }, "it is a table for people."],
    ["apiVersion: v1\nitems:\n- kind: Pod\n", "its list has no kind: it ends too early, or something else wrote it."],
  ])("is refused: %j", async (value, message) => {
    await expect(read(value)).rejects.toThrow(`stdin cannot be read as a dump: ${message} Give what`);
  });
  test("of the file system too", async () => {
    const none = join(dir, "none");
    const stdin = async () => Buffer.of();
    await expect(readDump([none], stdin)).rejects.toThrow(`${none} cannot be read as a dump: there is no such file`);
    await expect(readDump([dir], stdin)).rejects.toThrow(`${dir} cannot be read as a dump: it is a folder.`);
  });
});

test("the youngest file says when several were taken", async () => {
  const files = ["a.json", "b.json"].map((name, i) => {
    const file = join(dir, name);
    writeFileSync(file, JSON.stringify(pod(name)));
    utimesSync(file, 1_000 - i, 1_000 - i);
    return file;
  });
  const { time, objects } = await readDump(files, async () => Buffer.of());
  expect(time).toBe(1_000_000);
  expect(objects.get("v1/Pod")).toHaveLength(2);
  expect((await read(pod("a"))).time).toBeUndefined();
});
