/** A finding's cause, and what was done about it, by one id. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { HttpTarget } from "#broker/dispatch/http-target.ts";
import type { LogRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { Dispatcher } from "#functions/dispatcher/dispatcher.ts";
import { recordOf } from "#sdk/event/record.ts";
import { traceIdOf } from "#sdk/event/trace.ts";
import { TYPES } from "#sdk/event/types.ts";
import { API_VERSION, type Resource } from "#sdk/resources/schemas.ts";
import { systemClock } from "#sdk/runtime/clock.ts";
import { createLogger } from "#sdk/runtime/log-lines.ts";
import { caseWork } from "#sdk/serve/case-work.ts";
import { createFunctionServer } from "#sdk/serve/function-server.ts";
import type { Finding } from "#sdk/terms.ts";
import { run } from "./running.test-kit.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const kind = (kind: string, name: string, spec: object): Resource =>
  ({ apiVersion: API_VERSION, kind, metadata: { name }, spec }) as never;

it("goes from the check over its verdict and finding to the notice and to what a remedier would do, unchanged", async () => {
  const notices: (string | undefined)[] = [];
  const receiver = createServer((request, response) => {
    notices.push(request.headers["ce-traceparent"] as string | undefined);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  onTestFinished(() => void receiver.close());
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const steps = [{ operation: "annotate", params: { annotations: { "example.com/bad": "yes" } } }];
  const { kube, get, records } = await run({
    resources: [
      kind("AlertSubscription", "hook", { sink: { webhook: { url } } }),
      kind("Remedier", "marks", { match: { finding: { case: ["x/bad"] } }, steps }),
    ],
  });
  for (const name of ["a", "b"]) await kube("POST", MAPS, { metadata: { name }, data: { bad: "true" } });
  const open = async () => (await get<{ findings: Finding[] }>("/v1/findings?case=x/bad&state=open")).findings;
  await expect.poll(async () => (await open()).length).toBe(2);
  const [one, other] = await open();
  const { traceparent, fingerprint } = one!;
  expect(traceIdOf(traceparent)).toMatch(/^[0-9a-f]{32}$/);
  expect(other!.traceparent).not.toBe(traceparent);
  const of = async (topic: string) =>
    (await records(topic)).filter(({ headers }: LogRecord) => headers.ce_traceparent === traceparent);
  // One verdict, one finding of it.
  expect((await of("verdicts")).map(({ value }) => JSON.parse(value!).problems[0].fingerprint)).toEqual([fingerprint]);
  expect((await of("findings")).map(({ key }) => JSON.parse(key))).toEqual([[fingerprint]]);
  await expect.poll(() => notices).toEqual(expect.arrayContaining([traceparent, other!.traceparent]));
  await expect
    .poll(async () => (await of("remedies")).map(({ headers }) => headers.ce_type))
    .toEqual([TYPES.remedyObserved]);
  expect((await of("due")).map(({ headers }) => headers.ce_type)).toEqual([TYPES.remedyDue]);
  // Its end is of the same trace: it is one story.
  await kube("DELETE", `${MAPS}/${one!.subject.name}`);
  await expect
    .poll(async () => (await of("findings")).map(({ headers }) => headers.ce_type))
    .toEqual([TYPES.raised, TYPES.resolved]);
});

it("goes to a function over HTTP and back, alone or in a batch", async () => {
  const inEvents: unknown[] = [];
  const verdict = { id: "", outcome: "pass", problems: [] };
  const work = caseWork({ evaluate: async (all) => all.map(({ id }) => ({ id, verdict: JSON.stringify(verdict) })) });
  const server = createFunctionServer({
    work: (decoded, call) => {
      inEvents.push(...decoded.events.map((event) => event.traceparent));
      return work(decoded, call);
    },
    ...{ address: "127.0.0.1", bodyLimit: 1 << 20, deadline: 5_000, most: 10, version: "1" },
    ...{ waitsFor: () => [], failed: expect.fail, callers: undefined, tls: undefined },
  });
  const url = await server.listen(0);
  onTestFinished(() => server.drain(0));
  const log = memoryLog({ clock: systemClock });
  const target = new HttpTarget({ url, connections: 1 });
  const options = { log, clock: systemClock, logger: createLogger("silent") };
  const dispatcher = new Dispatcher({ ...options, routes: [{ cases: ["*"], target, flights: 1 }] });
  dispatcher.start();
  onTestFinished(async () => {
    await dispatcher.stop();
    await target.close();
    await log.close();
  });
  const traces = ["1", "2", "3"].map((digit) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`);
  const check = (traceparent: string, seq: number) => {
    const data = {
      id: `c/1.${seq}`,
      cluster: "c",
      case: "x/y",
      instance: "x/y",
      key: `${seq}`,
      stamp: { epoch: 1, seq },
      params: {},
      rows: {},
    };
    return recordOf({
      topic: "checks",
      key: ["c", "x/y", `${seq}`],
      type: TYPES.checkDue,
      id: data.id,
      source: "/t",
      traceparent,
      dataText: JSON.stringify(data),
    });
  };
  const answered = async () => {
    const found: (string | undefined)[] = [];
    for await (const records of log.read("verdicts"))
      found.push(...records.map(({ headers }) => headers.ce_traceparent));
    return found.sort();
  };
  await log.append([check(traces[0]!, 1)]);
  await expect.poll(answered).toEqual([traces[0]]);
  await log.append(traces.slice(1).map((one, i) => check(one, i + 2)));
  await expect.poll(answered).toEqual(traces);
  expect(inEvents).toEqual(traces);
});
