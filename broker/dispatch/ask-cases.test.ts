import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { askCases } from "./ask-cases.ts";

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

async function host(answer: { status?: number; body: unknown }): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
    response
      .writeHead(answer.status ?? 200)
      .end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  closes.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
const manifest = { name: "x/one", reads: {}, params: {} };

it("asks as who it is, below whatever path the host has", async () => {
  const { url, seen } = await host({ body: { cases: [manifest] } });
  expect(await askCases(`${url}/cases-of-a`, { timeout: 5_000, token: () => "secret" })).toEqual([manifest]);
  expect(seen).toEqual(["GET /cases-of-a/v1/cases Bearer secret"]);
});

it.each([
  [{ body: { cases: "none" } }, "dispatch-failed", /no list of cases/],
  [
    { body: { cases: [{ name: "Not A Name", reads: {}, params: {} }] } },
    "dispatch-failed",
    /"Not A Name" is no manifest/,
  ],
  [{ body: { cases: [{ name: "x/one" }] } }, "dispatch-failed", /"x\/one" is no manifest/],
  [{ body: "<html>" }, "json-invalid", /The answer of http/],
  [{ status: 503, body: {} }, "dispatch-unavailable", /503/],
  [{ status: 403, body: {} }, "dispatch-unavailable", /permissions/],
])("%j is refused", async (answer, code, says) => {
  const { url } = await host(answer);
  const asked = askCases(url, { timeout: 5_000 });
  await expect(asked).rejects.toMatchObject({ code });
  await expect(asked).rejects.toThrow(says);
});

it("nobody there is nobody there", async () => {
  const { url } = await host({ body: {} });
  closes.splice(0)[0]!();
  await expect(askCases(url, { timeout: 5_000 })).rejects.toMatchObject({ code: "dispatch-unavailable" });
});
