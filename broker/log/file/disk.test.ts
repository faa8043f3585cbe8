import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Disk, nodeDisk } from "./disk.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { openFileLog } from "./file-log.ts";

const root = await mkdtemp(join(tmpdir(), "roundsman-disk-"));
afterAll(() => rm(root, { recursive: true }));

const text = async (disk: Disk, path: string) => (await disk.readWhole(path))?.toString();

it("makes a folder whose name is one letter, below where the process runs", async () => {
  try {
    await nodeDisk.makeDirectory("~/b");
    expect(await nodeDisk.list("~/b")).toEqual([]);
  } finally {
    await rm("~", { recursive: true });
  }
});

// The tests of this folder stand on the faulty disk: it must behave as the system's does.
describe.each<[string, () => Disk, string]>([
  ["the system's", () => nodeDisk, join(root, "a", "b", "c")],
  ["the faulty one", () => new FaultyDisk(), "/a/b/c"],
])("a disk: %s", (_, make, dir) => {
  const path = `${dir}/file`;
  let disk: Disk;
  beforeAll(async () => {
    disk = make();
    expect((await disk.list(dir)) ?? []).toEqual([]);
    await disk.makeDirectory(dir);
    await disk.makeDirectory(dir);
  });

  it("writes anywhere, fills gaps with zeros, reads up to the end", async () => {
    const file = await disk.open(path, "create");
    await file.write(Buffer.from("world"), 8);
    await file.write(Buffer.from("hello"), 0);
    await file.sync();
    expect(await file.size()).toBe(13);
    const into = Buffer.alloc(20, "-");
    expect(await file.read(into, 2, 10, 6)).toBe(7);
    expect(into.toString("latin1")).toBe(`--\0\0world${"-".repeat(11)}`);
    expect(await file.read(into, 0, 5, 13)).toBe(0);
    await file.truncate(5);
    expect(await text(disk, path)).toBe("hello");
    await file.close();
    const again = await disk.open(path, "update");
    await again.write(Buffer.from("J"), 0);
    await again.close();
    expect(await text(disk, path)).toBe("Jello");
  });

  it("makes a file that must not exist, once", async () => {
    expect(await disk.createExclusive(`${dir}/lock`, Buffer.from("1"))).toBe(true);
    expect(await disk.createExclusive(`${dir}/lock`, Buffer.from("2"))).toBe(false);
    expect(await text(disk, `${dir}/lock`)).toBe("1");
    await disk.remove(`${dir}/lock`);
    await disk.remove(`${dir}/lock`);
    expect(await text(disk, `${dir}/lock`)).toBeUndefined();
  });

  it("replaces by renaming, and tells the files of one name apart", async () => {
    const before = disk.identity(path);
    expect(disk.identity(path)).toBe(before);
    const file = await disk.open(`${path}.new`, "create");
    await file.write(Buffer.from("new"), 0);
    const mine = disk.identity(`${path}.new`);
    await disk.rename(`${path}.new`, path);
    await disk.syncDirectory(dir);
    await file.close();
    expect(await text(disk, path)).toBe("new");
    expect(disk.identity(path)).toBe(mine);
    expect(mine).not.toBe(before);
    expect(disk.identity(`${path}.new`)).toBeUndefined();
    expect(await disk.list(dir)).toEqual(["file"]);
  });

  it("says what is not there by its code", async () => {
    await expect(disk.open(`${dir}/none`, "read")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(disk.open(`${dir}/none`, "update")).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("the system's disk under a log", () => {
  it("is opened by one writer at a time, in one process too", async () => {
    const dir = join(root, "one-writer");
    const log = await openFileLog({ dir, clock: Date });
    await expect(openFileLog({ dir, clock: Date })).rejects.toMatchObject({
      code: "log-locked",
      message: `${dir} is in use by process ${process.pid}: stop that one, or name another directory.`,
    });
    const reader = await openFileLog({ dir, clock: Date, readOnly: true });
    await reader.close();
    await log.close();
    await (await openFileLog({ dir, clock: Date })).close();
  });

  it("gives an error of the catalogue where no directory can be", async () => {
    await expect(openFileLog({ dir: "/dev/null/log", clock: Date })).rejects.toMatchObject({
      code: "log-not-writable",
    });
    await expect(openFileLog({ dir: join(root, "none"), clock: Date, readOnly: true })).rejects.toMatchObject({
      code: "log-not-found",
    });
  });
});
