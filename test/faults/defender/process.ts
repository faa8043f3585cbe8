/** The process under test: the real defender on a real file log, asked over TCP, a line of many requests at a time. */
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { openFileLog } from "#broker/log/file/file-log.ts";
import { Defender } from "../../../functions/defender/defender.ts";
import { kernelTicks } from "../../../functions/defender/ticks.ts";
import { Failpoints, failingDisk, failingLog } from "./failing-disk.ts";
import { type Act, type Answered, type Asked, type Message, requestOf, type Start } from "./protocol.ts";
import { CAPS } from "./world.ts";

const { dir, boot, snapshotEvery } = JSON.parse(process.argv[2]!) as Start;
const tell = (message: Message) => void process.send?.(message);
const failpoints = new Failpoints((hit) => tell({ hit }));
let ahead = 0;
const clock = { now: () => Date.now() + ahead, monotonic: () => performance.now() };
const quiet = { warn: () => undefined, error: () => undefined } as never;

const log = await openFileLog({ dir, clock, warn: () => undefined }, { disk: failingDisk(failpoints) });
const ticks = { boot, now: kernelTicks().now };
const defender = new Defender({
  log: failingLog(log, failpoints),
  clock,
  ticks,
  logger: quiet,
  durable: true,
  caps: CAPS,
  snapshotEvery,
});
await defender.start();

const person = { by: "ana", reason: "a test" };
async function act(what: Act): Promise<number> {
  switch (what.do) {
    case "init":
      return defender.init(person);
    case "configure":
      return defender.configure(what.config, "ana");
    case "hear": {
      const { clusters, clock } = what;
      const leases = { total: 9, stale: 0 };
      const told = clusters.flatMap((cluster) => [
        defender.heartbeat({ cluster, ages: { "v1/Node": 0 }, leases }),
        defender.executorClock({ cluster, clock }),
      ]);
      return Math.max(...(await Promise.all(told)));
    }
    case "brake":
      return defender.brake(what.in, person);
    case "release":
      return defender.release(what.in, what.brake, person);
    case "end":
      await Promise.allSettled(what.fences.map((fence) => defender.end(fence, "succeeded", "bot")));
      return 0;
    case "step":
      ahead = what.ms;
      return clock.now();
    case "fail":
      failpoints.arm(what.failpoint, what.times);
      return 0;
  }
}
process.on("message", ({ number, what }: { number: number; what: Act }) => {
  act(what).then(
    (result) => tell({ number, result }),
    (e) => tell({ number, error: String(e) }),
  );
});
process.on("disconnect", () => process.exit(1));

const answer = async (asked: Asked): Promise<Answered> => {
  try {
    const { offset, outcome, grant, reasons } = await defender.decide(requestOf(asked));
    const isOld = reasons.some(({ code }) => code === "too-old");
    return [offset, outcome, grant?.fence ?? -1, grant?.notAfter ?? 0, isOld];
  } catch {
    return null;
  }
};
const serve = (socket: Socket) => {
  socket.on("error", () => socket.destroy());
  const lines = createInterface(socket).on("error", () => socket.destroy());
  lines.on("line", async (line) => {
    const answers = await Promise.all((JSON.parse(line) as Asked[]).map(answer));
    if (!socket.destroyed) socket.write(`${JSON.stringify(answers)}\n`);
  });
};
const server = createServer(serve).listen(0, "127.0.0.1", () => {
  tell({ ready: (server.address() as { port: number }).port });
});
