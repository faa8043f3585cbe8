import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { exchange } from "../runtime/exchange.ts";
import { AUTHORITY, CERTIFICATES } from "./certificates.test-kit.ts";
import { createServer } from "./http-server.ts";
import { readTls, type TlsFiles } from "./tls.ts";

const { good, expired, elsewhere } = CERTIFICATES;

/** Files that a test may change. */
const filesOf = (texts: Record<string, string>): TlsFiles => ({
  cert: "tls.crt",
  key: "tls.key",
  read: async (file) => {
    const text = texts[file];
    if (text === undefined) throw Object.assign(new Error("gone"), { code: "ENOENT" });
    return text;
  },
});

describe("readTls", () => {
  it("reads a certificate and its key", async () => {
    expect(await readTls(filesOf({ "tls.crt": good.cert, "tls.key": good.key }))).toEqual(good);
  });

  it.each([
    ["a file that is not there", { "tls.crt": good.cert }, "tls.key cannot be read: there is no such file or folder."],
    [
      "another's key",
      { "tls.crt": good.cert, "tls.key": expired.key },
      "tls.crt: the certificate does not fit the key",
    ],
    ["no certificate", { "tls.crt": "none", "tls.key": good.key }, "or one of them is no PEM"],
    ["the key where the certificate belongs", { "tls.crt": good.key, "tls.key": good.key }, "or one of them is no PEM"],
  ])("refuses %s by file", async (_, texts, sentence) => {
    await expect(readTls(filesOf(texts as Record<string, string>))).rejects.toThrow(sentence);
  });
});

describe("a server with TLS", () => {
  async function served(texts: Record<string, string>) {
    const told: string[] = [];
    const files = filesOf(texts);
    const app = createServer({
      tls: { now: await readTls(files), files, failed: (e) => told.push(e.message), every: 5 },
      failed: (e) => expect.fail(String(e)),
    });
    app.get("/livez", () => ({ status: "ok" }));
    await app.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    const ask = async (scheme = "https") => {
      const url = new URL(`${scheme}://127.0.0.1:${port}/livez`);
      try {
        const headers = { connection: "close" };
        return (await exchange(url, { ca: AUTHORITY, headers, signal: AbortSignal.timeout(10_000) })).text;
      } catch (e) {
        return (e as NodeJS.ErrnoException).code;
      }
    };
    const until = async (answer: string) => {
      while ((await ask()) !== answer) await wait(5);
    };
    return { told, ask, until };
  }

  it("speaks https and nothing else", async () => {
    const { ask } = await served({ "tls.crt": good.cert, "tls.key": good.key });
    expect(await ask()).toBe('{"status":"ok"}');
    expect(await ask("http")).toBe("ECONNRESET");
  });

  it("takes a renewed certificate, keeps the last good one, and says what is wrong once", async () => {
    const texts: Record<string, string> = { "tls.crt": expired.cert, "tls.key": expired.key };
    const { told, ask, until } = await served(texts);
    expect(await ask()).toBe("CERT_HAS_EXPIRED");
    Object.assign(texts, { "tls.crt": good.cert, "tls.key": good.key });
    await until('{"status":"ok"}');
    texts["tls.crt"] = elsewhere.cert; // half of a renewal
    while (told.length === 0) await wait(5);
    await wait(30);
    expect(told).toEqual([expect.stringContaining("tls.crt: the certificate does not fit the key in tls.key")]);
    expect(await ask()).toBe('{"status":"ok"}');
    texts["tls.key"] = elsewhere.key;
    await until("ERR_TLS_CERT_ALTNAME_INVALID");
  });
});
