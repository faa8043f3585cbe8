/** The process under test: the real defender on a real file log. */
import { openFileLog } from "#broker/log/file/file-log.ts";
import { Defender } from "../../../functions/defender/defender.ts";
import { kernelTicks } from "../../../functions/defender/ticks.ts";
import { Failpoints, failingDisk, failingLog } from "./failing-disk.ts";
import type { Start } from "./protocol.ts";
import { SteppedClock, serve, tell } from "./serve.ts";
import { CAPS } from "./world.ts";

const { boot, snapshotEvery, ...place } = JSON.parse(process.argv[2]!) as Start;
const { dir } = place as { readonly dir: string };
const failpoints = new Failpoints((hit) => tell({ hit }));
const clock = new SteppedClock();
const quiet = { warn: () => undefined, error: () => undefined } as never;

const log = await openFileLog({ dir, clock, warn: () => undefined }, { disk: failingDisk(failpoints) });
const defender = new Defender({
  log: failingLog(log, failpoints),
  clock,
  ticks: { boot, now: kernelTicks().now },
  logger: quiet,
  durable: true,
  caps: CAPS,
  snapshotEvery,
});
await defender.start();
serve({ defender, clock, arm: (failpoint, times) => failpoints.arm(failpoint, times) });
