import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONTRACT, runContract } from "./api-contract.ts";
import { contractClient } from "./contract/client.ts";
import { ABSENT, ANY, matches } from "./contract/step.ts";
import { seededRandom } from "./random.ts";
import { type ApiServer, startApiServer } from "./server/server.ts";
import { createStore } from "./store/store.ts";
import { createTimeline } from "./timeline.ts";

const START = Date.parse("2026-11-21T12:00:00Z");

describe("the API server's contract", () => {
  const timeline = createTimeline(START);
  const failures: unknown[] = [];
  let server: ApiServer;
  let pump: NodeJS.Timeout;

  beforeAll(async () => {
    const store = createStore({ clock: timeline, random: seededRandom(1) });
    server = await startApiServer({ store, report: (error) => failures.push(error) });
    // A second of the server's time takes some ms of ours.
    pump = setInterval(() => timeline.advance(250), 3);
  });

  afterAll(async () => {
    clearInterval(pump);
    await server.close();
  });

  it("is kept by the practice server", async () => {
    const differences = await runContract(CONTRACT, {
      namespace: "contract",
      send: contractClient(server.url),
      wait: () => new Promise((resolve) => setTimeout(resolve, 5)),
      tries: 100,
    });
    expect(differences).toEqual([]);
    expect(failures).toEqual([]);
  });

  it("can be broken: a server that forbids fails it", async () => {
    const undo = server.knobs.forbid("configmaps", ["create"]);
    const [step] = CONTRACT.filter(({ name }) => name === "create");
    const run = { namespace: "default", send: contractClient(server.url), wait: () => Promise.resolve(), tries: 0 };
    const [difference] = await runContract([step!], run);
    undo();
    expect(difference?.got).toMatchObject({ code: 403, body: { reason: "Forbidden" } });
  });
});

describe("matching an answer", () => {
  it("wants all that is named and allows more", () => {
    expect(matches({ a: 1, b: { c: /x/ } }, { a: 1, b: { c: "xy", d: 2 }, e: 3 })).toBe(true);
    expect(matches({ a: 1, b: 2 }, { a: 1 })).toBe(false);
    expect(matches([ANY], [1, 2])).toBe(false);
    expect(matches([ANY, ANY], [1, 2])).toBe(true);
    expect(matches({ a: ABSENT }, {})).toBe(true);
    expect(matches({ a: ABSENT }, { a: 0 })).toBe(false);
    expect(matches({ a: ANY }, {})).toBe(false);
  });
});
