import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { fault } from "#sdk/errors.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { DueCheck } from "./due-set.ts";
import { type Answered, Lane, type LaneOptions } from "./lane.ts";
import type { Target } from "./target.ts";

const lanes: Lane[] = [];
afterEach(async () => {
  for (const lane of lanes.splice(0)) await lane.stop();
});

let offset = 0;
const check = (key: string, id = key): DueCheck => ({
  key,
  id,
  text: "{}",
  at: 0,
  tries: 0,
  partition: 0,
  offset: ++offset,
});

function create(evaluate: Target["evaluate"], options: Partial<LaneOptions> = {}) {
  const answers: Answered[] = [];
  const finished: string[] = [];
  const batches: string[][] = [];
  const lane = new Lane({
    target: {
      evaluate: (checks) => {
        batches.push(checks.map(({ id }) => id));
        return evaluate(checks);
      },
    },
    logger: createLogger("silent"),
    now: () => performance.now(),
    ...{ batch: 4, batchSize: 1e6, flights: 4, retries: [1, 1] },
    answered: async (all) => {
      answers.push(...all);
      return true;
    },
    finished: ({ id }) => void finished.push(id),
    ...options,
  });
  lanes.push(lane);
  const send = (...ids: string[]) => {
    for (const id of ids) lane.put(check(id));
    lane.pump();
  };
  const until = async (is: () => boolean) => {
    while (!is()) await wait(2);
  };
  return { lane, answers, finished, batches, send, until };
}
const pass: Target["evaluate"] = async (checks) => checks.map(({ id }) => ({ id, verdict: "{}" }));
const unavailable = () => fault("dispatch-unavailable", { url: "u", what: "w", retryAfter: 0 });
const refused = () => fault("dispatch-refused", { url: "u", status: 400, what: "it" });
const broken = () => fault("dispatch-broken", { url: "u", what: "w" });

describe("Lane", () => {
  it("says nothing of checks that one which takes nothing was not asked about, and asks it again, one by one", async () => {
    let calls = 0;
    const own = create(async (checks) => {
      if (++calls <= 2) throw unavailable();
      return pass(checks);
    });
    own.send("a", "b", "c", "d", "e");
    await own.until(() => own.finished.length === 5);
    expect(own.answers.every(({ answer, check }) => "verdict" in answer && check.tries === 0)).toBe(true);
    // Both flights heard it; then one goes at a time.
    expect(own.batches.slice(0, 2).map(({ length }) => length)).toEqual([4, 1]);
    expect(own.lane.counts).toMatchObject({ retried: 0, deadLetters: 0 });
  });

  it("sets aside at once what is refused, and finds it in a batch", async () => {
    const own = create(async (checks) => {
      if (checks.some(({ id }) => id === "bad")) throw refused();
      return pass(checks);
    });
    own.send("a", "bad", "b", "c");
    await own.until(() => own.finished.length === 4);
    expect(own.answers.filter(({ setAside }) => setAside).map(({ check }) => check.id)).toEqual(["bad"]);
    expect(own.batches.filter((ids) => ids.includes("bad"))).toHaveLength(3);
    expect(own.lane.counts).toMatchObject({ retried: 0, deadLetters: 1 });
  });

  it("forgives one connection that breaks off, and no second one of a check alone", async () => {
    let calls = 0;
    const own = create(async (checks) => {
      if (checks[0]!.id === "kills" || ++calls === 1) throw broken();
      return pass(checks);
    });
    own.send("fine");
    await own.until(() => own.finished.length === 1);
    expect(own.answers.map(({ answer }) => "error" in answer)).toEqual([false]);
    own.send("kills");
    await own.until(() => own.finished.includes("kills"));
    const said = own.answers.filter(({ check }) => check.id === "kills");
    expect(said.map(({ check, setAside }) => [check.tries, setAside])).toEqual([
      [0, false],
      [1, false],
      [2, true],
    ]);
  });

  it("grows with what waits, up to so many flights", async () => {
    const own = create(() => new Promise(() => undefined), { flights: 3, eager: 1, linger: 60_000 });
    own.send("a");
    expect(own.lane.flights).toBe(1);
    own.send("b", "c");
    expect(own.lane.flights).toBe(1);
    own.send("d", "e");
    expect([own.lane.flights, own.batches[1]]).toEqual([2, ["b", "c", "d", "e"]]);
    own.send(..."fghijklmno");
    expect([own.lane.flights, own.lane.waiting]).toEqual([3, 6]);
    lanes.splice(0);
  });

  it("lets what waits go, full or not, when it has lingered", async () => {
    const own = create(() => new Promise(() => undefined), { eager: 1, linger: 5 });
    own.send("a");
    own.send("b", "c");
    await own.until(() => own.batches.length === 2);
    expect(own.batches[1]).toEqual(["b", "c"]);
    lanes.splice(0);
  });

  it("counts as finished what a later one stands for, and what nobody needs any more, once each", async () => {
    const open: (() => void)[] = [];
    const own = create(
      async (checks) => {
        await new Promise<void>((done) => open.push(done));
        return pass(checks);
      },
      { flights: 1, batch: 1 },
    );
    const put = (key: string, id: string) => {
      own.lane.put(check(key, id));
      own.lane.pump();
    };
    put("a", "a1");
    put("a", "a2");
    put("a", "a3");
    put("b", "b1");
    put("b", "b2");
    own.lane.remove("b");
    expect(own.finished).toEqual(["a2", "b1", "b2"]);
    open.shift()!();
    await own.until(() => open.length > 0);
    open.shift()!();
    await own.until(() => own.finished.length === 5);
    expect(own.finished).toEqual(["a2", "b1", "b2", "a1", "a3"]);
  });

  it("leaves to others what waits of a partition that is theirs now", async () => {
    const own = create(async (checks) => checks.map(({ id }) => ({ id, error: { code: "x", message: "y" } })), {
      retries: [60_000],
    });
    own.send("again");
    await own.until(() => own.answers.length === 1);
    own.lane.put(check("waits"));
    own.lane.drop(0);
    own.lane.pump();
    expect([own.lane.waiting, own.finished, own.batches]).toEqual([0, [], [["again"]]]);
  });

  it("does not finish what could not be written down", async () => {
    let written = 0;
    const own = create(pass, {
      answered: async () => {
        written++;
        return false;
      },
    });
    own.send("a");
    await own.until(() => written === 1);
    await wait(5);
    expect(own.finished).toEqual([]);
  });
});
