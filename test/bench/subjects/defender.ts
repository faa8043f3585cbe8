/**
 * The defender over HTTP, as a process that is measured. Its argument says what keeps its journal: `file` (as in production:
 * what waits shares one sync), `memory` (none), `each` (a sync for every record). Prints its port; then, at every line it is
 * told, the CPU it has taken so far (ms).
 */
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openFileLog } from "#broker/log/file/file-log.ts";
import type { Log, Position } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { Defender, defenderRoutes } from "#functions/defender/index.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { createServer } from "#sdk/serve/http-server.ts";
import { CONFIG, hear, person } from "../decision-inputs.ts";

/** One record, one append, one sync. */
const oneByOne = (log: Log): Log => ({
  append: async (records) => {
    const positions: Position[] = [];
    for (const record of records) positions.push(...(await log.append([record])));
    return positions;
  },
  read: (topic, options) => log.read(topic, options),
  subscribe: (options, handler) => log.subscribe(options, handler),
  trim: (topic, before) => log.trim(topic, before),
  end: (topic) => log.end(topic),
  close: () => log.close(),
});

const kept = process.argv[2];
const dir = mkdtempSync(join(tmpdir(), "roundsman-bench-defender-"));
const base = kept === "memory" ? memoryLog({ clock: systemClock }) : await openFileLog({ dir, clock: systemClock });
const log = kept === "each" ? oneByOne(base) : base;
const defender = new Defender({ log, clock: systemClock, logger: createLogger("error"), durable: true, caps: [] });
await defender.start();
await defender.init(person);
await defender.configure(CONFIG, "bench");
await hear(defender);
setInterval(() => void hear(defender), 5_000);
const app = createServer({ failed: (e) => process.stderr.write(`${e.message}\n`) });
defenderRoutes(app, { defender, log, clock: systemClock });
await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ port: (app.server.address() as AddressInfo).port })}\n`);
createInterface({ input: process.stdin }).on("line", () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ cpu: (user + system) / 1_000 })}\n`);
});
process.on("SIGTERM", () => {
  rmSync(dir, { recursive: true, force: true });
  process.exit(0);
});
