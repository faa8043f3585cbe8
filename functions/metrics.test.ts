/** functions/METRICS.md and what the code exports, held against each other. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { collectDefaultMetrics, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { alertMetrics } from "#functions/alert/metrics.ts";
import { letterMetrics } from "#functions/dead-letters/metrics.ts";
import { defenderMetrics } from "#functions/defender/metrics.ts";
import { dispatcherMetrics } from "#functions/dispatcher/metrics.ts";
import { healerMetrics } from "#functions/healer/metrics.ts";
import { hostMetrics } from "#functions/host/metrics.ts";
import { ledgerMetrics } from "#functions/ledger/metrics.ts";
import { processMetrics } from "#functions/process/metrics.ts";
import { createMetrics } from "#functions/standalone/metrics.ts";
import { watcherMetrics } from "#functions/watcher/metrics.ts";
import { FunctionCounts } from "#sdk/serve/function-counts.ts";
import { functionMetrics } from "#sdk/serve/function-metrics.ts";
import { type Scraped, scraped } from "#sdk/serve/scraped.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Nothing is read before it is scraped, so a metric can be made of nothing. */
const nothing = {} as never;
const said =
  (make: (say: Scraped, of: never) => void) =>
  (registry: Registry): void =>
    make(scraped(registry), nothing);

/** Every file that makes metrics, and how they are made. A new one fails the test until it stands here and in METRICS.md. */
const MAKERS: Readonly<Record<string, (registry: Registry) => unknown>> = {
  "functions/alert/metrics.ts": said(alertMetrics),
  "functions/dead-letters/metrics.ts": said(letterMetrics),
  "functions/defender/metrics.ts": said(defenderMetrics),
  "functions/dispatcher/metrics.ts": said(dispatcherMetrics),
  "functions/healer/metrics.ts": said(healerMetrics),
  "functions/host/metrics.ts": (registry) => hostMetrics(registry, nothing),
  "functions/ledger/metrics.ts": said(ledgerMetrics),
  "functions/process/metrics.ts": () => processMetrics({ version: "1", opened: nothing }),
  "functions/standalone/metrics.ts": () => createMetrics({ healing: {} } as never),
  "functions/watcher/metrics.ts": said(watcherMetrics),
  "sdk/serve/function-metrics.ts": () => functionMetrics({ counts: new FunctionCounts(), gate: nothing, version: "1" }),
};

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** What the code exports. */
function exported(): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const make of Object.values(MAKERS)) {
    const own = new Registry();
    const made = make(own);
    for (const metric of (made instanceof Registry ? made : own).getMetricsAsArray()) {
      const {
        name,
        type,
        labelNames = [],
      } = metric as unknown as {
        name: string;
        type: string;
        labelNames?: string[];
      };
      found.set(name, { name, type: String(type), labels: labelNames });
    }
  }
  return found;
}

const catalogue = readFileSync(`${root}functions/METRICS.md`, "utf8");
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("`", ""));
const rows = catalogue.split("\n").filter((line) => line.startsWith("| `roundsman_"));

/** What the catalogue says: name, type, labels, unit, meaning. */
const written = new Map(
  rows.map((line) => {
    const [name = "", type = "", labels = "", unit = "", meaning = ""] = cells(line);
    return [name, { name, type, labels: labels === "" ? [] : labels.split(", "), unit, meaning }] as const;
  }),
);
const labelRows = new Map(
  catalogue
    .split("\n")
    .filter((line) => /^\| `[a-z_]+`\s+\| [^`]/.test(line) && !line.startsWith("| `roundsman_"))
    .map((line) => cells(line) as [string, string]),
);

const NODES_OWN = /^roundsman_(?:process|nodejs)_/;
const PROM_CLIENT = /(?:from|import\() ?"(?:prom-client|[^"]*\/scraped\.ts)"/;

const sources = ["sdk", "broker", "functions"].flatMap((room) =>
  readdirSync(`${root}${room}`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/\.test(-kit)?\.ts$/.test(name))
    .map((name) => `${room}/${name}`),
);

describe("the catalogue of metrics", () => {
  it("knows every file that makes some", () => {
    const values = sources.filter((path) => {
      const text = readFileSync(root + path, "utf8").replace(/^import type .*$/gm, "");
      return PROM_CLIENT.test(text) && path !== "sdk/serve/scraped.ts";
    });
    // Types alone make none: these say theirs by what they are given.
    const given = sources.filter((path) => /^import type \{ Scraped \}/m.test(readFileSync(root + path, "utf8")));
    expect([...new Set([...values, ...given])].sort()).toEqual(Object.keys(MAKERS).sort());
  });

  it("has what the code exports, and nothing else", () => {
    const all = exported();
    expect(all.size).toBeGreaterThan(60);
    expect([...written.keys()].sort()).toEqual([...all.keys()].sort());
    expect(rows.length).toBe(written.size);
  });

  it.each([...exported().values()])("$name: type and labels are as they are written", ({ name, type, labels }) => {
    const entry = written.get(name)!;
    expect({ type: entry.type, labels: entry.labels }).toEqual({ type, labels });
    expect(entry.meaning).not.toBe("");
  });

  it.each([...written.values()].filter(({ name }) => !NODES_OWN.test(name)))(
    "$name is named as Prometheus wants it, in base units",
    ({ name, type, unit }) => {
      expect(name).toMatch(/^roundsman_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|mib|kb|percent)(_|$)/);
      const stem = name.replace(/_total$/, "");
      expect(stem.endsWith("_seconds")).toBe(unit === "seconds");
      expect(stem.endsWith("_bytes")).toBe(unit === "bytes");
      expect(stem.endsWith("_ratio")).toBe(unit === "ratio");
    },
  );

  it("says of each label what bounds it", () => {
    const used = new Set(
      [...exported().values()].filter(({ name }) => !NODES_OWN.test(name)).flatMap((one) => one.labels),
    );
    expect([...labelRows.keys()].sort()).toEqual([...used].sort());
  });

  it("would notice: a name, a type, a label that is not as it is written", () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, prefix: "roundsman_" });
    scraped(registry).gauge("not_in_the_catalogue", "x", ["uid"], () => undefined);
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    expect(names.filter((name) => !written.has(name))).toEqual(["roundsman_not_in_the_catalogue"]);
    expect(labelRows.has("uid")).toBe(false);
  });
});
