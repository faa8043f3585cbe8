import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createAskStopped } from "./ask-stopped.ts";

/** A server that answers so; answers where it listens and what it was asked. */
async function defender(answer: { status?: number; body?: unknown } | "hang") {
  const asked: string[] = [];
  const server = createServer(({ url, headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? ""}`.trim());
    if (answer === "hang") return;
    response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it("goes on where a defender says so, and stops for its reason", async () => {
  const on = await defender({ body: { fence: 7, stopped: "the brake is on" } });
  const off = await defender({ body: { fence: 7 } });
  expect(await createAskStopped({ urls: [off.url], token: () => "t" })(7)).toBe(undefined);
  expect(off.asked).toEqual(["/v1/grants/7 Bearer t"]);
  expect(await createAskStopped({ urls: [on.url] })(7)).toBe("the brake is on");
});

it("asks the next where one does not answer, and stays with it", async () => {
  const [broken, hung, well] = [
    await defender({ status: 503, body: {} }),
    await defender("hang"),
    await defender({ body: { fence: 1 } }),
  ];
  const ask = createAskStopped({ urls: [broken.url, hung.url, well.url], timeout: 100 });
  expect(await ask(1)).toBe(undefined);
  expect(await ask(1)).toBe(undefined);
  expect([broken.asked.length, hung.asked.length, well.asked.length]).toEqual([1, 1, 2]);
});

it.each([
  ["fails", { status: 500, body: {} }],
  ["answers for another grant", { body: { fence: 2 } }],
  ["answers nothing", { body: null }],
  ["hangs", "hang" as const],
])("stops where the only one %s", async (_, answer) => {
  const { url } = await defender(answer);
  expect(await createAskStopped({ urls: [url], timeout: 100 })(1)).toMatch(/no defender says whether the brake is on/);
});
