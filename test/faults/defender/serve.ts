/** The process under test, asked over TCP, a line of many requests at a time; beside that told what to do by its parent. */
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Defender } from "../../../functions/defender/defender.ts";
import type { Failpoint } from "./failing-disk.ts";
import { type Act, type Answered, type Asked, type Message, requestOf } from "./protocol.ts";

export const tell = (message: Message) => void process.send?.(message);

/** A clock that is stepped from outside. */
export class SteppedClock {
  ahead = 0;
  now = () => Date.now() + this.ahead;
  monotonic = () => performance.now();
}

export interface Served {
  readonly defender: Defender;
  readonly clock: SteppedClock;
  arm?(failpoint: Failpoint, times: number): void;
}

const person = { by: "ana", reason: "a test" };

export function serve({ defender, clock, arm }: Served): void {
  async function act(what: Act): Promise<number> {
    switch (what.do) {
      case "init":
        return defender.init(person);
      case "configure":
        return defender.configure(what.config, "ana");
      case "hear": {
        const { clusters, clock: executor } = what;
        const leases = { total: 9, stale: 0 };
        const told = clusters.flatMap((cluster) => [
          defender.heartbeat({ cluster, ages: { "v1/Node": 0 }, leases }),
          defender.executorClock({ cluster, clock: executor }),
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
        clock.ahead = what.ms;
        return clock.now();
      case "fail":
        arm?.(what.failpoint, what.times);
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
  const talk = (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    const lines = createInterface(socket).on("error", () => socket.destroy());
    lines.on("line", async (line) => {
      const answers = await Promise.all((JSON.parse(line) as Asked[]).map(answer));
      if (!socket.destroyed) socket.write(`${JSON.stringify(answers)}\n`);
    });
  };
  const server = createServer(talk).listen(0, "127.0.0.1", () => {
    tell({ ready: (server.address() as { port: number }).port });
  });
}
