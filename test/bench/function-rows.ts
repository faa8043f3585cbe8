import { spawn } from "node:child_process";
import { join } from "node:path";
import { request } from "undici";
import { HttpTarget } from "#broker/dispatch/http-target.ts";
import { batchOf, binaryOf } from "#sdk/event/http-parts.ts";
import { TYPES } from "#sdk/event/types.ts";
import { coldStart } from "./cold-start.ts";
import { type Message, Posts } from "./post.ts";
import { median } from "./process-cost.ts";
import { startSubject } from "./subject.ts";
import type { Row } from "./table.ts";

const ROUNDS = 3;
const EVENTS = 30_000;
const WARM = 3_000;
const CLIENTS = 32;
const BATCH = 50;
const POSTS = 15_000;

const dataText = JSON.stringify({ text: "x".repeat(485) });
const eventOf = (n: number) => ({ id: `c/1.${n}`, source: "/clusters/c/watcher", type: TYPES.checkDue, dataText });
const sized = ({ headers, body }: Message): Message => ({
  headers: { ...headers, "content-length": Buffer.byteLength(body as string) },
  body,
});
const single = (n: number): Message => sized(binaryOf(eventOf(n)) as Message);
const batch = (n: number): Message =>
  sized(batchOf(Array.from({ length: BATCH }, (_, at) => eventOf(n * BATCH + at))) as Message);

/** µs of the process's CPU per event. */
async function costOf(served: string, of: (n: number) => Message, perPost = 1): Promise<number> {
  const subject = startSubject("function", [served]);
  const { port } = await subject.next<{ port: number }>();
  const posts = new Posts(port, CLIENTS);
  const cpu = async () => {
    subject.tell("cost");
    return (await subject.next<{ cpu: number }>()).cpu;
  };
  try {
    await posts.send(WARM, of);
    const before = await cpu();
    await posts.send(Math.ceil(EVENTS / perPost), of);
    return (((await cpu()) - before) * 1_000) / EVENTS;
  } finally {
    posts.end();
    await subject.end();
  }
}

/** A function that answers 204, beside faas-js-runtime and node:http; and in batches. In turns. */
async function eventRows(): Promise<Row[]> {
  const costs: Record<"own" | "http" | "faas" | "batch", number[]> = { own: [], http: [], faas: [], batch: [] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.own.push(await costOf("own", single));
    costs.http.push(await costOf("http", single));
    costs.faas.push(await costOf("faas", single));
    costs.batch.push(await costOf("own", batch, BATCH));
  }
  const [own, http, faas, batched] = (["own", "http", "faas", "batch"] as const).map((kind) => median(costs[kind])) as [
    number,
    number,
    number,
    number,
  ];
  return [
    {
      what: "a function: a CloudEvent of 500 bytes in binary mode → 204, CPU each",
      own: `${own.toFixed(1)} µs`,
      beside: `faas-js-runtime ${faas.toFixed(0)} µs (${(own / faas).toFixed(2)} x), node:http ${http.toFixed(1)} µs (${(own / http).toFixed(2)} x)`,
      reach: "≤ 0.25 x, ≤ 1.4 x",
      isReached: own / faas <= 0.25 && own / http <= 1.4,
      isHeld: own / faas <= 0.3 && own / http <= 1.7,
    },
    {
      what: `the same in batches of ${BATCH}, CPU an event`,
      own: `${batched.toFixed(1)} µs`,
      beside: `one by one ${own.toFixed(1)} µs (${(batched / own).toFixed(2)} x)`,
      reach: "≤ 0.25 x",
      isReached: batched / own <= 0.25,
      isHeld: batched / own <= 0.35,
    },
  ];
}

/** One check by POST, as the dispatcher does it, beside undici alone; CPU of this process, the server's is taken off both. */
async function postRow(): Promise<Row> {
  // Answers with a verdict as long as the check.
  const server = spawn(process.execPath, ["-e", ANSWERS, dataText], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((done) => server.stdout.once("data", (text) => done(Number(text))));
  const url = `http://127.0.0.1:${port}/`;
  const target = new HttpTarget({ url, connections: 1 });
  const own = async (n: number) => void (await target.evaluate([{ id: `c/1.${n}`, text: dataText }]));
  const bare = async (n: number) => {
    const { headers, body } = binaryOf(eventOf(n));
    const answer = await request(url, {
      method: "POST",
      headers: headers as Record<string, string>,
      body: body as string,
    });
    await answer.body.text();
  };
  const cost = async (post: (n: number) => Promise<void>) => {
    for (let n = 0; n < WARM; n++) await post(n);
    const { user, system } = process.cpuUsage();
    for (let n = 0; n < POSTS; n++) await post(n);
    const after = process.cpuUsage();
    return (after.user + after.system - user - system) / POSTS;
  };
  const costs: { own: number[]; bare: number[] } = { own: [], bare: [] };
  for (let round = 0; round < ROUNDS; round++) {
    costs.own.push(await cost(own));
    costs.bare.push(await cost(bare));
  }
  await target.close();
  server.kill();
  const [ours, theirs] = [median(costs.own), median(costs.bare)];
  return {
    what: "dispatch: one check by POST and its verdict, CPU each",
    own: `${ours.toFixed(0)} µs`,
    beside: `undici.request ${theirs.toFixed(0)} µs (${(ours / theirs).toFixed(2)} x)`,
    reach: "≤ 1.3 x",
    isReached: ours / theirs <= 1.3,
    isHeld: ours / theirs <= 1.6,
  };
}
const ANSWERS = `
const text = process.argv[1];
const server = require("http").createServer((request, response) => {
  request.resume().on("end", () => {
    const id = request.headers["ce-id"];
    response.writeHead(200, { "ce-specversion": "1.0", "ce-id": id, "ce-source": "/host", "ce-type": "${TYPES.verdict}",
      "content-type": "application/json", "content-length": text.length }).end(text);
  });
}).listen(0, "127.0.0.1", () => console.log(server.address().port));`;

/** Functions over HTTP: what they cost, and what a start of them does. Needs no cluster. */
export async function functionRows(root: string, say: (text: string) => void): Promise<Row[]> {
  say("functions over HTTP …");
  const rows = [...(await eventRows()), await postRow()];
  say("cold starts …");
  return [...rows, ...(await coldStart(join(root, "dist/host/host.js"), root))];
}
