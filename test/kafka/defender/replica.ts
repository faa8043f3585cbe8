/** The process under test: one replica of the real defender on real Kafka. */

import type { Start } from "#test/faults/defender/protocol.ts";
import { SteppedClock, serve } from "#test/faults/defender/serve.ts";
import { CAPS } from "#test/faults/defender/world.ts";
import { Defender } from "../../../functions/defender/defender.ts";
import { openDefenderLog, steppedLog } from "./log.ts";

const { snapshotEvery, ...place } = JSON.parse(process.argv[2]!) as Start;
const log = openDefenderLog((place as unknown as { readonly brokers: readonly string[] }).brokers);
const weakness = await log.weakness("defender");
if (weakness !== undefined) throw new Error(weakness);

const clock = new SteppedClock();
const say = (what: unknown, message?: string) => process.stderr.write(`${message ?? ""} ${JSON.stringify(what)}\n`);
const defender = new Defender({
  log: steppedLog(log),
  clock,
  logger: { warn: say, error: say } as never,
  durable: true,
  shared: true,
  lost: () => process.exit(7),
  caps: CAPS,
  snapshotEvery,
});
await defender.start();
serve({ defender, clock });
