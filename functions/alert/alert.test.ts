import { afterEach, describe, expect, it } from "vitest";
import { writeConfig } from "#broker/config-view.ts";
import { readLetter } from "#broker/dead-letter/record.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { fault } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { type AlertSubscription, API_VERSION } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import type { Finding } from "#sdk/terms.ts";
import { Alert } from "./alert.ts";
import type { Notice } from "./decide.ts";

const log = () => memoryLog({ clock: Date });
const subscription = (name: string): AlertSubscription => ({
  apiVersion: API_VERSION,
  kind: "AlertSubscription",
  metadata: { name },
  spec: { sink: { stdout: {} } },
});
const finding = (fingerprint: string, state: Finding["state"] = "open", episode = 1): Finding =>
  ({
    fingerprint,
    episode,
    state,
    case: "x/y",
    severity: "high",
    cluster: "c",
    subject: { kind: "Pod", name: "p" },
  }) as never;
const raise = (of: ReturnType<typeof log>, ...findings: Finding[]) =>
  of.append(
    findings.map((one) =>
      recordOf({
        topic: "findings",
        key: [one.fingerprint],
        type: one.state === "open" ? TYPES.raised : TYPES.resolved,
        id: `${one.fingerprint}/${one.episode}/${one.state}`,
        source: "/t",
        dataText: JSON.stringify(one),
      }),
    ),
  );
const redeliver = (wanted: object) =>
  recordOf({
    ...{ topic: "due", key: ["x"], type: TYPES.redeliver, id: "x", source: "/t" },
    dataText: JSON.stringify({ ...wanted, by: "ana" }),
  });
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((done) => setTimeout(done, 1));
};

const alerts: Alert[] = [];
afterEach(async () => {
  for (const alert of alerts.splice(0)) await alert.stop();
});
async function start(of: ReturnType<typeof log>, tell: (notice: Notice) => Promise<void> | void) {
  const alert = new Alert({
    log: of,
    clock: systemClock,
    logger: createLogger("silent"),
    random: () => 0,
    sinkOf: () => ({ tell: async (notice) => tell(notice) }),
  });
  alerts.push(alert);
  await alert.start();
  return alert;
}

describe("Alert", () => {
  it("tells each subscription by itself: one that is down holds up no other", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("up"), subscription("down")]);
    const told: string[] = [];
    await start(of, (notice) => {
      if (notice.subscription === "down") return new Promise(() => undefined);
      told.push(notice.id);
    });
    await raise(of, finding("a"), finding("b"));
    await until(() => told.length === 2);
    expect(told).toEqual(["a/1/open", "b/1/open"]);
    alerts.length = 0;
  });

  it("of what was there before it, tells only what is still open", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("s")]);
    await raise(of, finding("gone"), finding("gone", "resolved"), finding("stands"));
    const told: string[] = [];
    await start(of, (notice) => void told.push(notice.id));
    await raise(of, finding("new"));
    await until(() => told.length === 2);
    expect(told).toEqual(["stands/1/open", "new/1/open"]);
  });

  it("after a restart tells what was not told, and nothing twice", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("s")]);
    const first: string[] = [];
    const one = await start(of, (notice) => void first.push(notice.id));
    await raise(of, finding("a"));
    await until(() => first.length === 1);
    await one.stop();
    await raise(of, finding("a", "resolved"), finding("b"));
    const second: string[] = [];
    await start(of, (notice) => void second.push(notice.id));
    await until(() => second.length === 2);
    expect([first, second]).toEqual([["a/1/open"], ["a/1/resolved", "b/1/open"]]);
  });

  it("tries again until a sink has it, in order", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("s")]);
    const tries: string[] = [];
    await start(of, ({ id }) => {
      tries.push(id);
      if (tries.length < 3) throw fault("sink-unreachable", { url: "u", what: "refused", retryAfter: 0 });
    });
    await raise(of, finding("a"), finding("a", "resolved"));
    await until(() => tries.length === 4);
    expect(tries).toEqual(["a/1/open", "a/1/open", "a/1/open", "a/1/resolved"]);
  });

  it("sets aside what a sink refuses for good, and goes on", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("s")]);
    const told: string[] = [];
    await start(of, ({ id }) => {
      if (id.startsWith("bad")) throw fault("sink-refused", { url: "u", status: 400 });
      told.push(id);
    });
    await raise(of, finding("bad"), finding("good"));
    await until(() => told.length === 1);
    const letters: unknown[] = [];
    for await (const records of of.read("dead-letters")) letters.push(...records.map(readLetter));
    expect(letters).toMatchObject([
      {
        cause: { code: "sink-refused" },
        record: { topic: "findings", key: '["bad"]' },
        by: "alert",
        subscription: "s",
      },
    ]);
  });

  it("tells a subscription again what it was told since a time, under the same ids, and no other", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("s"), subscription("other")]);
    const told: string[] = [];
    await start(of, ({ subscription: name, id }) => void told.push(`${name} ${id}`));
    await raise(of, finding("old"));
    await until(() => told.length === 2);
    await new Promise((done) => setTimeout(done, 5));
    const since = Date.now();
    await raise(of, finding("old", "resolved"), finding("new"));
    await until(() => told.length === 6);
    told.length = 0;
    await of.append([redeliver({ subscription: "s", since })]);
    await until(() => told.length === 2);
    await of.append([redeliver({ subscription: "s", fingerprint: "old" })]);
    await until(() => told.length === 4);
    expect(told).toEqual(["s old/1/resolved", "s new/1/open", "s old/1/open", "s old/1/resolved"]);
  });

  it("sets aside a finding that it cannot read, and tells the others", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("s")]);
    const told: string[] = [];
    await start(of, ({ id }) => void told.push(id));
    await raise(of, { fingerprint: "torn", state: "open" } as never, finding("good"));
    await until(() => told.length === 1);
    const letters: unknown[] = [];
    for await (const records of of.read("dead-letters")) letters.push(...records.map(readLetter));
    expect(letters).toMatchObject([{ cause: { code: "record-invalid" }, record: { key: '["torn"]' } }]);
  });

  it("follows its configuration: a subscription that goes is told no more", async () => {
    const of = log();
    await writeConfig(of, [], [subscription("a"), subscription("b")]);
    const told: string[] = [];
    await start(of, ({ subscription: name, id }) => void told.push(`${name} ${id}`));
    await raise(of, finding("one"));
    await until(() => told.length === 2);
    await writeConfig(of, [], [subscription("b"), subscription("c")]);
    await until(() => told.includes("c one/1/open"));
    await raise(of, finding("two"));
    await until(() => told.length === 5);
    expect(told.slice(3).sort()).toEqual(["b two/1/open", "c two/1/open"]);
  });
});
