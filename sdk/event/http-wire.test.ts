import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFault } from "../errors.ts";
import { makeEvent } from "./envelope.ts";
import { type DecodedHttp, decodeHttp, encodeBatch, encodeBinary, encodeStructured, type HttpMessage } from "./http.ts";

/** The codec between a client and a server of Node's own. */
describe("over HTTP", () => {
  let server: Server;
  let receive: (decoded: DecodedHttp | unknown) => void = () => undefined;

  const body = async (message: IncomingMessage): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };

  beforeAll(async () => {
    server = createServer(async (req, res) => {
      try {
        receive(decodeHttp({ headers: req.headers, rawHeaders: req.rawHeaders, body: await body(req) }));
      } catch (e) {
        receive(e);
      }
      res.writeHead(204).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const send = async (headers: readonly string[], content: string | Uint8Array): Promise<unknown> => {
    const received = new Promise((resolve) => {
      receive = resolve;
    });
    const { port } = server.address() as AddressInfo;
    const req = request({ port, host: "127.0.0.1", method: "POST", agent: false });
    for (let i = 0; i + 1 < headers.length; i += 2) req.appendHeader(headers[i] as string, headers[i + 1] as string);
    req.end(content);
    const [response] = (await once(req, "response")) as [IncomingMessage];
    response.resume();
    return received;
  };
  const sendMessage = (message: HttpMessage) => send(Object.entries(message.headers).flat(), message.body);

  const event = makeEvent({
    id: ' "100%" \\ Ünï€ 😀 ',
    source: "/clusters/prod/watcher",
    type: "com.example.thing.v1",
    subject: "%41, b; c",
    ext: "",
    data: { text: "grüß 😀", list: [1, null] },
  });

  it("comes as it went, in each mode", async () => {
    expect(await sendMessage(encodeBinary(event))).toEqual({ mode: "binary", events: [event] });
    expect(await sendMessage(encodeStructured(event))).toEqual({ mode: "structured", events: [event] });
    expect(await sendMessage(encodeBatch([event, event]))).toEqual({ mode: "batched", events: [event, event] });
    const bytes = makeEvent({ id: "a", source: "/s", type: "t", datacontenttype: "image/png", data_base64: "AP+A" });
    expect(await sendMessage(encodeBinary(bytes))).toEqual({ mode: "binary", events: [bytes] });
  });

  it("shows a header that came twice", async () => {
    const { headers } = encodeBinary(event);
    const refused = await send([...Object.entries(headers).flat(), "CE-Subject", "other"], "1");
    expect(isFault(refused, "event-invalid") && refused.details.attribute).toBe("the header ce-subject");
  });
});
