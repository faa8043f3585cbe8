import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { flawsOf, type Source } from "./import-rules.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const ROOMS = ["sdk", "broker", "functions", "probes"];

const sources = (): Source[] =>
  ROOMS.flatMap((room) =>
    readdirSync(`${root}${room}`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => ({ path: `${room}/${name}`, text: readFileSync(`${root}${room}/${name}`, "utf8") })),
  );

describe("who may import whom", () => {
  it("holds", () => {
    const all = sources();
    expect(all.length).toBeGreaterThan(300);
    expect(flawsOf(all)).toEqual([]);
  });

  it.each([
    ["sdk/case/x.ts", 'import { a } from "#broker/log/log.ts";'],
    ["sdk/case/x.ts", 'import type { a } from "../../functions/cli/main.ts";'],
    ["broker/log/x.ts", 'import { a } from "#functions/ledger/fold.ts";'],
    ["broker/table/x.ts", 'export { a } from "#probes";'],
    ["probes/node/x.ts", 'import { a } from "#broker/log/log.ts";'],
    ["functions/ledger/x.ts", 'import { a } from "#functions/alert/alert.ts";'],
    ["functions/ledger/x.ts", 'import { a } from "../alert/alert.ts";'],
    ["functions/watcher/x.ts", 'import cases from "#probes";'],
    ["functions/watcher/x.ts", 'const a = await import("@kubernetes/client-node");'],
    ["functions/watcher/x.ts", 'import { KubeConfig } from "@kubernetes/client-node";'],
    ["broker/log/file/x.ts", 'import { Kafka } from "kafkajs";'],
    ["functions/alert/x.ts", 'import { a } from "#test/contract/log.ts";'],
    ["functions/alert/x.ts", "const a = JSON.parse(text);"],
    ["functions/alert/x.ts", "const PORT = process.env.PORT;"],
    ["functions/alert/x.ts", "await start();"],
    ["functions/alert/x.ts", "\n".repeat(500)],
  ])("catches %s: %s", (path, text) => {
    expect(flawsOf([{ path, text }])).toHaveLength(1);
  });

  it.each([
    ["functions/standalone/x.ts", 'import { a } from "#functions/alert/alert.ts";'],
    ["functions/cli/x.ts", 'import cases from "#probes";'],
    ["functions/watcher/x.ts", 'import type { V1Pod } from "@kubernetes/client-node";'],
    ["functions/watcher/x.ts", 'import { a } from "./epoch.ts";'],
    ["broker/log/kafka/x.ts", 'import { Kafka } from "kafkajs";'],
    ["broker/log/kafka/x.ts", 'import { fault } from "#sdk/errors.ts";'],
  ])("allows %s: %s", (path, text) => {
    expect(flawsOf([{ path, text }])).toEqual([]);
  });
});
