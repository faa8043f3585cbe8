import { afterEach, beforeEach, expect, it } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { inspection } from "#sdk";
import { manifestOf } from "#sdk/case/manifest.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import type { Finding, Mark } from "#sdk/terms.ts";
import { streamRoute } from "./stream.ts";
import { FindingsView } from "./view.ts";

const bad = inspection.each({
  ...{ name: "x/bad", severity: "low", reason: "r", help: "h", check: () => "bad" },
  of: { kind: "v1/ConfigMap", pick: ["data.bad"] },
});
const cluster = { apiVersion: "roundsman.dev/v1alpha1", kind: "Cluster", metadata: { name: "c" }, spec: {} } as const;

let now = 0;
const clock = { now: () => 1_700_000_000_000 + now, monotonic: () => now };
let log: ReturnType<typeof memoryLog>;
let view: FindingsView;
beforeEach(async () => {
  now = 0;
  log = memoryLog({ clock });
  await writeConfig(log, [manifestOf(bad, "f", "1")], [cluster]);
  view = new FindingsView({ log, clock, logger: { error: (_, message) => expect.unreachable(message) } });
});
afterEach(async () => {
  await view.stop();
  await log.close();
});

const finding = (name: string, state: Finding["state"] = "open"): Finding => ({
  ...{ fingerprint: name, case: "x/bad", severity: "low", state, episode: 1, cluster: "c", message: "bad", help: "h" },
  ...{ subject: { kind: "ConfigMap", name }, related: [], firstSeen: "2020-01-01T00:00:00.000Z", episodes: 1 },
  lastSeen: "2020-01-01T00:00:00.000Z",
});
const tell = async (one: Finding, type: string = TYPES.raised) => {
  const dataText = JSON.stringify(one);
  await log.append([
    recordOf({
      topic: "findings",
      key: [one.fingerprint],
      type,
      id: `${one.fingerprint}/${type}`,
      source: "/l",
      dataText,
    }),
  ]);
  await settled();
};
const hear = async (age: number, epoch = 1) => {
  const stamp = { epoch, seq: 1 };
  const mark: Mark = {
    cluster: "c",
    stamp,
    floor: 1,
    ages: { "v1/ConfigMap": age },
    unanswered: {},
    refused: {},
    leftOut: [],
  };
  const dataText = JSON.stringify(mark);
  await log.append([
    recordOf({ topic: "verdicts", key: ["c", "mark"], type: TYPES.mark, id: "m", source: "/w", dataText }),
  ]);
  await settled();
};
const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
};
const shown = () =>
  view.findings().map(({ fingerprint, state, stale }) => `${fingerprint} ${state}${stale ? " stale" : ""}`);

it("has what is told last of each, from the beginning and from then on", async () => {
  await tell(finding("a"));
  await tell(finding("b"));
  await view.start();
  expect(shown()).toEqual(["a open", "b open"]);
  await tell(finding("a", "resolved"), TYPES.resolved);
  expect(view.findings("open").map(({ fingerprint }) => fingerprint)).toEqual(["b"]);
});

it("what it depends on is old, or its watcher is silent: stale; seen as late as the last mark where it is not", async () => {
  await tell(finding("a"));
  await view.start();
  await hear(1_000);
  now = 5_000;
  expect(view.findings()[0]).toMatchObject({ lastSeen: new Date(1_700_000_000_000).toISOString() });
  await hear(40_000);
  expect(shown()).toEqual(["a open stale"]);
  await hear(0);
  expect(shown()).toEqual(["a open"]);
  now = 36_000;
  expect(shown()).toEqual(["a open stale"]);
  expect([...view.markAges()]).toEqual([["c", 31_000]]);
});

it("an older watcher's mark says nothing", async () => {
  await tell(finding("a"));
  await view.start();
  await hear(40_000, 2);
  await hear(0, 1);
  expect(shown()).toEqual(["a open stale"]);
});

it("never heard of since the start: stale after half a minute, not before", async () => {
  await tell(finding("a"));
  await view.start();
  expect(shown()).toEqual(["a open"]);
  now = 31_000;
  expect(shown()).toEqual(["a open stale"]);
});

it("streams: the open ones first, then each change; from an id what came after it; and ends with the server", async () => {
  await tell(finding("a"));
  await tell(finding("b"));
  await tell(finding("a", "resolved"), TYPES.resolved);
  await view.start();
  const app = createServer({ failed: (e) => expect.unreachable(e.message) });
  streamRoute(app, view);
  const url = `${await app.listen({ host: "127.0.0.1", port: 0 })}/v1/findings/stream`;
  const read = async (headers: Record<string, string>) => {
    const { body } = await fetch(url, { headers });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    return {
      async events(count: number): Promise<string[]> {
        for (;;) {
          const found = [...text.matchAll(/^id: (\d+)\nevent: (\w+)\ndata: (.+)\n\n/gm)];
          if (found.length >= count)
            return found.map(([, id, what, data]) => `${id} ${what} ${JSON.parse(data!).fingerprint}`);
          const { value, done } = await reader.read();
          if (done) throw new Error(`it ended: ${text}`);
          text += value;
        }
      },
      ended: async () => {
        for (;;) if ((await reader.read()).done) return true;
      },
    };
  };
  const fresh = await read({});
  expect(await fresh.events(1)).toEqual(["1 raised b"]);
  await tell(finding("c"));
  expect(await fresh.events(2)).toEqual(["1 raised b", "3 raised c"]);
  const again = await read({ "last-event-id": "1" });
  expect(await again.events(2)).toEqual(["2 resolved a", "3 raised c"]);
  expect((await fetch(url, { headers: { "last-event-id": "x" } })).status).toBe(400);
  const closing = app.close();
  expect(await fresh.ended()).toBe(true);
  await closing;
});
