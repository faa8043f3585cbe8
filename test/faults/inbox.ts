import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a webhook was sent: how often each idempotency key came, and with which bodies. */
export interface Inbox {
  readonly url: (name: string) => string;
  /** Per idempotency key the bodies that came under it, in order. */
  readonly of: (name: string) => ReadonlyMap<string, readonly string[]>;
  close(): Promise<void>;
}

/** Takes notices for several senders, each under a name of its own. */
export async function openInbox(): Promise<Inbox> {
  const boxes = new Map<string, Map<string, string[]>>();
  const box = (name: string) => {
    const known = boxes.get(name) ?? new Map<string, string[]>();
    boxes.set(name, known);
    return known;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    // Only what came whole counts: a sender that is killed has told nothing.
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .once("end", () => {
        const mine = box(request.url!.slice(1));
        const key = String(request.headers["idempotency-key"]);
        mine.set(key, [...(mine.get(key) ?? []), Buffer.concat(chunks).toString("utf8")]);
        response.writeHead(204).end();
      });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    of: box,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
