import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { dialer } from "./dial.ts";
import { faultOf } from "./test-server.ts";
import { unreachable } from "./unreachable.ts";

const tls = { rejectUnauthorized: true };

describe("a server that is not reached", () => {
  it.each([
    ["ENOTFOUND", "does not resolve"],
    ["ECONNREFUSED", "Nothing listens there"],
    ["EHOSTUNREACH", "firewalls"],
    ["CERT_HAS_EXPIRED", "certificate has expired"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "unknown CA"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "unknown CA"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unknown CA"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls-server-name"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "refuses the client certificate"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "does not speak TLS"],
    ["ERR_OSSL_PEM_NO_START_LINE", "certificate or key cannot be read"],
    ["ESOMETHING", "Look at the server's address"],
  ])("for %s says: %s", (code, says) => {
    const error = unreachable("https://api", Object.assign(new Error("low words"), { code }));
    expect(error.message).toContain(says);
    expect(error.message).toContain("https://api cannot be reached: low words");
    expect(error.retry).toBe(true);
  });

  it("is given up in time", async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((done) => mute.listen(0, "127.0.0.1", done));
    const { port } = mute.address() as { port: number };
    const error = await faultOf(dialer({ server: `https://127.0.0.1:${port}`, within: 40 })(tls, ["h2"]));
    expect(error.message).toContain("no answer within 40 ms");
    mute.close();
  });

  it("that speaks no TLS is told from one that does", async () => {
    const plain = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await new Promise<void>((done) => plain.listen(0, "127.0.0.1", done));
    const { port } = plain.address() as { port: number };
    const error = await faultOf(dialer({ server: `https://127.0.0.1:${port}`, within: 5_000 })(tls, ["h2"]));
    expect(error.message).toContain("does not speak TLS");
    plain.close();
  });
});
