/** The floor: the same lists as Roundsman makes, page by page over the same TLS, each page through JSON.parse, nothing kept. */
import { connect as connectHttp2 } from "node:http2";
import { listsOf } from "../lists.ts";
import { costOf } from "../process-cost.ts";

const { lists, server, tls } = await listsOf(process.argv[2]!);
const session = connectHttp2(server, tls);
const page = (path: string, accept: string): Promise<any> =>
  new Promise((done, fail) => {
    const stream = session.request({ ":path": path, accept });
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("error", fail).once("end", () => done(JSON.parse(Buffer.concat(chunks).toString("utf8"))));
  });

let objects = 0;
for (const { path, query, accept } of lists) {
  let token = "";
  do {
    const more = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
    const { items, metadata } = await page(`${path}?limit=250${query}${more}`, accept);
    // Null where there is none.
    objects += items?.length ?? 0;
    token = metadata.continue ?? "";
  } while (token !== "");
}
session.close();
process.stdout.write(`${JSON.stringify({ objects, ...costOf("self") })}\n`);
