/** A host that judges nothing: a batch of checks in, a verdict to each out. It is the same for all that are compared. Prints its URL. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Sent {
  readonly id: string;
  readonly data: Record<string, unknown>;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  request.on("end", () => {
    const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Sent[] | Sent["data"];
    const one = request.headers["ce-id"] as string | undefined;
    const sent = one === undefined ? (parsed as Sent[]) : [{ id: one, data: parsed as Sent["data"] }];
    const answers = sent.map(({ id, data: { rows: _, params: __, ...head } }) => ({
      ...{ specversion: "1.0", id, source: "/bench", type: "dev.roundsman.case.verdict.v1" },
      data: { ...head, outcome: "pass", problems: [] },
    }));
    response.writeHead(200, { "content-type": "application/cloudevents-batch+json" }).end(JSON.stringify(answers));
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
