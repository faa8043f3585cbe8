import type { Beside } from "./beside-limiters.ts";
import { overHttp } from "./over-http.ts";
import { measureStart, START_RUNS } from "./restart.ts";
import { startSubject } from "./subject.ts";
import type { Row } from "./table.ts";

const RECORDS = 1_000_000;

/** The defender's rows of the table: windows, HTTP, restart. Needs no cluster. */
export async function defenderRows(say: (text: string) => void): Promise<Row[]> {
  say("the defender's windows …");
  const rows = await limiterRows();
  say("the defender over HTTP …");
  rows.push(await overHttp());
  say("the defender's start …");
  const { whole, cpu } = await measureStart(RECORDS, process.argv[1]!.replace(/main\.js$/, "decisions.js"));
  rows.push({
    what: `the defender's start with ${RECORDS.toLocaleString("en")} records, killed just before its next snapshot (best of ${START_RUNS})`,
    own: `${(whole / 1_000).toFixed(2)} s (CPU ${(cpu / 1_000).toFixed(2)} s)`,
    beside: "–",
    reach: "≤ 2 s",
    isReached: whole <= 2_000,
    isHeld: whole <= 4_000,
  });
  return rows;
}

async function limiterRows(): Promise<Row[]> {
  const subject = startSubject("limiters", [], ["--expose-gc"]);
  const { own, peer, worst } = await subject.next<Beside & { worst: Record<string, number> }>();
  await subject.end();
  const times = peer.us / own.us;
  const { own: ours, ...others } = worst;
  return [
    {
      what: "decisions in process, four windows, 100,000 keys, exact: CPU each, and bytes a key with ten live entries",
      own: `${own.us.toFixed(2)} µs, ${own.bytes.toFixed(0)} B`,
      beside: `rate-limiter-flexible (memory, four limiters) ${peer.us.toFixed(1)} µs (${times.toFixed(1)} x), ${peer.bytes.toFixed(0)} B`,
      reach: "≥ 5 x, ≤ 300 B",
      isReached: times >= 5 && own.bytes <= 300,
      isHeld: times >= 4 && own.bytes <= 330,
    },
    {
      what: "the worst count in any window that may hold ten",
      own: String(ours),
      beside: Object.entries(others)
        .map(([name, count]) => `${name} ${count}`)
        .join(", "),
      reach: "10",
      isReached: ours === 10,
      isHeld: ours === 10,
    },
  ];
}
