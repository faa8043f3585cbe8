import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Reviews, readCallers } from "./callers-file.ts";

const dir = mkdtempSync(join(tmpdir(), "roundsman-callers-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ANA = "token-of-ana-0123456789";
const POD = "token-of-a-pod-0123456789";
const file = (text: string, name = "callers") => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};
let asked: string[] = [];
const reviews: Reviews = {
  review: async (token, audiences) => {
    asked.push(token);
    return token === POD
      ? { authenticated: true, audiences: [...audiences], user: { username: "system:serviceaccount:a:reader" } }
      : { authenticated: false };
  },
  clock: { monotonic: () => 0 },
  audience: "roundsman",
};

describe("a file of callers", () => {
  it("knows some by their tokens, others by the API server, which is asked only for those", async () => {
    asked = [];
    const callers = await readCallers(file(`# who\nana * ${ANA}\nuser:system:serviceaccount:a:* read\n`), reviews);
    expect((await callers.known(ANA))?.name).toBe("ana");
    expect(asked).toEqual([]);
    const pod = await callers.known(POD);
    expect([pod?.name, [...(pod?.permissions ?? [])]]).toEqual(["system:serviceaccount:a:reader", ["read"]]);
    expect(await callers.known("token-of-nobody-0123")).toBeUndefined();
    expect(asked).toEqual([POD, "token-of-nobody-0123"]);
  });

  it("takes a token from a file beside it, as a Secret is mounted", async () => {
    const token = file(`${ANA}\n`, "token");
    const callers = await readCallers(file(`dispatcher send file:${token}\n`));
    expect((await callers.known(ANA))?.name).toBe("dispatcher");
    await expect(readCallers(file("dispatcher send file:/no/such\n"))).rejects.toThrow("/no/such cannot be read");
  });

  it.each([
    ["", "callers are none"],
    ["# none\n", "callers are none"],
    ["\nuser:a read,rule", "line 2: PERMISSIONS must be of read"],
    ["group:a read secret-secret-secret", "line 1: group:a takes PERMISSIONS and no token"],
    ["user:a read\nana read short", "line 2: TOKEN must be 16 or more"],
    ["user:a read\nana read", "line 2: it has 2 words"],
  ])("with a mistake is refused by its line, and no token is repeated: %j", async (text, says) => {
    await expect(readCallers(file(text), reviews)).rejects.toThrow(says);
    await expect(readCallers(file(text), reviews)).rejects.not.toThrow(/secret-secret|short/);
  });

  it("names nobody whom only an API server knows, where there is none", async () => {
    await expect(readCallers(file("user:a read"))).rejects.toThrow("line 1: user:a can be known by a cluster's");
  });
});
