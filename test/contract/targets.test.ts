import { afterAll, beforeAll } from "vitest";
import { HttpTarget } from "#broker/dispatch/http-target.ts";
import { type BuiltHost, buildHost } from "#functions/host/process.test-kit.ts";
import { caseWork } from "#sdk/serve/case-work.ts";
import { createFunctionServer } from "#sdk/serve/function-server.ts";
import { CasePool } from "#sdk/serve/pool.ts";
import { CASES, describeTarget } from "./targets.ts";

let built: BuiltHost;
beforeAll(async () => {
  built = await buildHost(CASES);
});
afterAll(() => built.remove());

const startPool = async () => {
  const { worker: entry, modules } = built;
  const pool = new CasePool({ entry, modules, deadline: 500, heap: 128, size: 2, warn: () => undefined });
  await pool.start();
  return pool;
};

describeTarget("in process", async () => {
  const pool = await startPool();
  return { target: pool, close: () => pool.stop() };
});

describeTarget("over HTTP", async () => {
  const pool = await startPool();
  const server = createFunctionServer({
    work: caseWork(pool),
    bodyLimit: 5 << 20,
    version: "0",
    failed: () => undefined,
  });
  const target = new HttpTarget({ url: await server.listen(0), connections: 4 });
  return {
    target,
    async close() {
      await target.close();
      await server.drain();
      await pool.stop();
    },
  };
});
