import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { CERTIFICATES } from "./certificates.test-kit.ts";
import { workOf } from "./function.ts";
import { createFunctionServer } from "./function-server.ts";
import { createServer } from "./http-server.ts";

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
const portOf = (url: string) => Number(new URL(url).port);
async function silent(port: number, secure = false): Promise<void> {
  const socket = secure
    ? connectSecurely({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : connect(port, "127.0.0.1");
  sockets.push(socket);
  await once(socket, secure ? "secureConnect" : "connect");
}

const tls = () => ({
  files: { cert: "tls.crt", key: "tls.key", read: async () => "" },
  now: CERTIFICATES.good,
  failed: () => undefined,
});

describe("a connection over which nothing was asked", () => {
  it.each([false, true])("does not hold up a server that closes (https: %s)", async (isSecure) => {
    const app = createServer({ failed: () => undefined, ...(isSecure && { tls: tls() }) });
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    await silent(port, isSecure);
    await app.close();
    expect(app.server.listening).toBe(false);
  });

  it("does not hold up a function that drains", async () => {
    const server = createFunctionServer({ work: workOf(() => undefined), version: "1", failed: () => undefined });
    const url = await server.listen(0);
    await silent(portOf(url));
    await server.drain();
    expect(await fetch(`${url}/livez`).catch(() => "gone")).toBe("gone");
  });
});
