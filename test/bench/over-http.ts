import { Agent, request } from "node:http";
import { ask } from "./decision-inputs.ts";
import { median } from "./process-cost.ts";
import { startSubject } from "./subject.ts";
import type { Row } from "./table.ts";

const CLIENTS = 64;
const ROUNDS = 3;
/** Decisions of a round: with a sync each they take their time. */
const DECISIONS = { file: 15_000, memory: 15_000, each: 3_000 } as const;
type Kept = keyof typeof DECISIONS;
const WARM = 1_500;

/** Asks once, on a connection that is kept. @throws where it is not answered with a decision */
function decide(agent: Agent, port: number, n: number): Promise<void> {
  const body = JSON.stringify(ask(n, Date.now()));
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asking = request(
      { agent, port, host: "127.0.0.1", path: "/v1/decide", method: "POST", headers },
      (answer) => {
        answer.resume();
        if (answer.statusCode !== 200) reject(new Error(`the defender answered ${answer.statusCode}`));
        answer.on("end", () => resolve());
      },
    );
    asking.on("error", reject);
    asking.end(body);
  });
}

/** µs of the process's CPU per decision, asked by so many clients at once; and decisions per second. */
async function costOfDecision(kept: Kept): Promise<{ readonly us: number; readonly rate: number }> {
  const subject = startSubject("defender", [kept]);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  try {
    const { port } = await subject.next<{ port: number }>();
    let n = 0;
    const until = (last: number) =>
      Promise.all(
        Array.from({ length: CLIENTS }, async () => {
          while (n < last) await decide(agent, port, n++);
        }),
      );
    const cpu = async () => {
      subject.tell("cost");
      return (await subject.next<{ cpu: number }>()).cpu;
    };
    await until(WARM);
    const [before, from] = [await cpu(), performance.now()];
    await until(WARM + DECISIONS[kept]);
    const us = (((await cpu()) - before) * 1_000) / DECISIONS[kept];
    return { us, rate: (DECISIONS[kept] * 1_000) / (performance.now() - from) };
  } finally {
    agent.destroy();
    await subject.end();
  }
}

/** The defender over HTTP with its journal, beside itself without one and with a sync for each decision; in turns. */
export async function overHttp(): Promise<Row> {
  const costs: Record<Kept, number[]> = { file: [], memory: [], each: [] };
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    for (const kept of ["memory", "file", "each"] as const) {
      const { us, rate } = await costOfDecision(kept);
      costs[kept].push(us);
      if (kept === "file") rates.push(rate);
    }
  const [file, memory, each] = [median(costs.file), median(costs.memory), median(costs.each)];
  const [beside, apart] = [file / memory, file / each];
  return {
    what: `decisions over HTTP, durable, one process, ${CLIENTS} clients: CPU each`,
    own: `${file.toFixed(0)} µs (${Math.round(median(rates))}/s)`,
    beside: `${memory.toFixed(0)} µs without the log (${beside.toFixed(2)} x), ${each.toFixed(0)} µs with a sync for each (${apart.toFixed(2)} x)`,
    reach: "≤ 1.5 x, ≤ 0.25 x",
    isReached: beside <= 1.5 && apart <= 0.25,
    isHeld: beside <= 2.5 && apart <= 0.5,
  };
}
