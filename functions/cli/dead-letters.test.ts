import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RecordReader } from "#broker/dead-letter/reader.ts";
import { openFileLog } from "#broker/log/file/file-log.ts";
import { lettersRoutes } from "#functions/dead-letters/api.ts";
import { clusterDirectory } from "#functions/standalone/paths.ts";
import { fault, isFault } from "#sdk/errors.ts";
import { recordOf } from "#sdk/event/record.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { deadLetters, type LettersOptions } from "./dead-letters.ts";
import { fakeProcess } from "./process.test-kit.ts";

/** A data directory whose log has one dead letter: a check that took down its thread. */
async function data(): Promise<{ data: string; dir: string }> {
  const data = mkdtempSync(join(tmpdir(), "roundsman-letters-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const dir = clusterDirectory(data, "c");
  mkdirSync(dir);
  const log = await openFileLog({ dir, clock: Date, warn: () => undefined });
  const parts = { key: ["c", "x/y", "k\u001b[2J"], type: "dev.roundsman.check.due.v1", id: "c/1.1", source: "/t" };
  await log.append([recordOf({ topic: "checks", ...parts, dataText: '{"rows":{}}' })]);
  const reader = new RecordReader({ log, logger: { error: () => undefined }, by: "dispatcher" });
  for await (const [one] of log.read("checks"))
    reader.setAside(one!, fault("record-invalid", { what: "x" }), { tries: 5 });
  await reader.settled;
  await log.close();
  return { data, dir };
}

async function said(action: "list" | "show" | "replay", numbers: string[], options: Partial<LettersOptions>) {
  const { process, out } = fakeProcess();
  await deadLetters({ process, here: new URL("file:///") }, action, numbers, { output: "table", ...options });
  return out();
}

test("of a stopped one: listed and shown as it was, moving no terminal's cursor; not replayed", async () => {
  const { data: of } = await data();
  const list = await said("list", [], { data: of });
  expect(list).toMatch(
    /LETTER +SET ASIDE +TOPIC +BY +TRIES +CAUSE +KEY\n1 +\d+s ago +checks +dispatcher +5 +record-invalid/,
  );
  expect(list).not.toContain("\u001b");
  const shown = await said("show", ["1"], { data: of });
  expect(shown).toContain("Cause:       record-invalid: Its data cannot be used: x.");
  expect(shown).toContain('\n{"rows":{}}\n');
  await expect(said("replay", ["1"], { data: of })).rejects.toThrow(
    "give the command without --data, once it is started.",
  );
});

test("of a running one: replayed by its number, and then gone from the list", async () => {
  const { dir } = await data();
  const log = await openFileLog({ dir, clock: Date, warn: () => undefined });
  const app = createServer({ failed: expect.fail });
  lettersRoutes(app, { log, clock: Date, nonce: () => "n" });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await app.close();
    await log.close();
  });
  expect(await said("replay", ["1"], { url })).toMatch(/^1: asked the watcher of c to judge x\/y under .* now\.\n$/);
  expect(await said("list", [], { url })).toBe("Nothing is set aside.\n");
  expect(JSON.parse(await said("list", [], { url, all: true, output: "json" })).letters).toMatchObject([
    { letter: 1, replayed: { by: "local" } },
  ]);
});

test.each([
  ["show", [], "takes one number"],
  ["show", ["1", "2"], "takes one number"],
  ["replay", [], "takes one number or several"],
  ["show", ["x"], "is no dead letter's number"],
] as const)("%s %j: says what is wrong", async (action, numbers, what) => {
  const error = await said(action, [...numbers], {}).catch((e) => e);
  expect([isFault(error, "words-unclear"), error.message]).toEqual([true, expect.stringContaining(what)]);
});
