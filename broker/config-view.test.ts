import { expect, it } from "vitest";
import { isFault } from "#sdk/errors.ts";
import { API_VERSION, type Resource } from "#sdk/resources/schemas.ts";
import { type ConfigSet, followConfig, readConfig, writeConfig } from "./config-view.ts";
import { readLetter } from "./dead-letter/record.ts";
import type { Log } from "./log/log.ts";
import { memoryLog } from "./log/memory/memory-log.ts";

const cluster = (name: string): Resource => ({
  apiVersion: API_VERSION,
  kind: "Cluster",
  metadata: { name },
  spec: {},
});
const names = (set: ConfigSet | undefined) => set?.clusters.map(({ metadata }) => metadata.name);
const codes = async (log: Log) => {
  const found: (string | undefined)[] = [];
  for await (const records of log.read("dead-letters"))
    found.push(...records.map((one) => readLetter(one)?.cause.code));
  return found;
};
/** Writes what a later version, or a disk gone bad, would have. */
async function spoil(log: Log, name: string, change: { value?: string; type?: string }) {
  for await (const records of log.read("config"))
    for (const { topic, key, headers, value } of records)
      if (key === JSON.stringify(["Cluster", name]))
        return log.append([
          {
            topic,
            key,
            headers: { ...headers, ...(change.type && { ce_type: change.type }) },
            value: change.value ?? value,
          },
        ]);
  throw new Error(`no ${name}`);
}

it.each([
  ["torn", { value: "{" }, "json-invalid"],
  ["of a later version", { type: "dev.roundsman.config.resource.v2" }, "record-newer"],
])("a record that is %s leaves in force what was good before it, and is set aside", async (_, change, code) => {
  const log = memoryLog({ clock: Date });
  await writeConfig(log, [], [cluster("a"), cluster("b")]);
  const seen: (string[] | undefined)[] = [];
  const following = await followConfig(log, (set) => void seen.push(names(set)));
  await spoil(log, "a", change);
  expect(names(await readConfig(log))).toEqual(["a", "b"]);
  await writeConfig(log, [], [cluster("a"), cluster("b"), cluster("c")]);
  await expect
    .poll(() => seen)
    .toEqual([
      ["a", "b"],
      ["a", "b", "c"],
    ]);
  await expect.poll(async () => new Set(await codes(log))).toEqual(new Set([code]));
  await following.close();
});

it("where nothing good is known of what counts nobody goes on without it, until it is written anew", async () => {
  const log = memoryLog({ clock: Date });
  await writeConfig(log, [], [cluster("a")]);
  const spoiled = memoryLog({ clock: Date });
  for await (const records of log.read("config"))
    await spoiled.append(
      records.map(({ topic, key, headers, value }) => ({
        topic,
        key,
        headers,
        value: key.includes("Cluster") ? "{" : value,
      })),
    );
  await expect(readConfig(spoiled)).rejects.toSatisfy((e) => isFault(e, "config-record-unreadable"));
  await writeConfig(spoiled, [], [cluster("a")]);
  expect(names(await readConfig(spoiled))).toEqual(["a"]);
});
