/**
 * A function that takes CloudEvents and answers 204, as a process that is measured. Its argument says who serves it: `own`,
 * `http` (node:http and nothing else), `faas` (faas-js-runtime). Prints its port; then, at every line it is told, its CPU (ms).
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { createFunctionServer } from "#sdk/serve/function-server.ts";

const SERVED: Record<string, () => Promise<number>> = {
  async own() {
    const failed = (e: Error) => process.stderr.write(`${e.message}\n`);
    const server = createFunctionServer({
      work: () => undefined,
      failed,
      version: "0",
      callers: undefined,
      tls: undefined,
    });
    return Number(new URL(await server.listen(0)).port);
  },
  async http() {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => void chunks.push(chunk));
      request.on("end", () => response.writeHead(Buffer.concat(chunks).length > 0 ? 204 : 400).end());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return (server.address() as AddressInfo).port;
  },
  async faas() {
    // Its types say that it has a named export; what is there is CommonJS.
    const { start } = createRequire(import.meta.url)("faas-js-runtime") as typeof import("faas-js-runtime");
    const server = await start(() => undefined, { port: 0, logLevel: "silent" } as object);
    return (server.address() as AddressInfo).port;
  },
};

process.stdout.write(`${JSON.stringify({ port: await SERVED[process.argv[2]!]!() })}\n`);
createInterface({ input: process.stdin }).on("line", () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${JSON.stringify({ cpu: (user + system) / 1_000 })}\n`);
});
