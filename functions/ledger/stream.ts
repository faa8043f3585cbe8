import type { FastifyInstance } from "fastify";
import { fault } from "#sdk/errors.ts";
import type { FindingsView, Told } from "./view.ts";

/** ms: a word between, so that nobody on the way takes the stream for dead. */
const BEAT = 15_000;
/** Bytes that one reader may be behind; it is sent away, and comes back with the last id that it has. */
const BEHIND = 8 << 20;
/** Readers at once. */
const MOST = 200;

const textOf = ({ finding, offset, what }: Told): string =>
  `id: ${offset}\nevent: ${what}\ndata: ${JSON.stringify(finding)}\n\n`;

/**
 * `GET /v1/findings/stream`: server-sent events `raised`, `updated`, `resolved`, each with the finding, ids rising. First every open one; with
 * `Last-Event-ID` what was told last of each since then. Every replica has the same ids.
 */
export function streamRoute(app: FastifyInstance, view: Pick<FindingsView, "follow">): void {
  const ends = new Set<() => void>();
  app.addHook("preClose", async () => {
    for (const end of ends) end();
  });
  app.get(
    "/v1/findings/stream",
    { schema: { summary: "Findings as they are raised, updated and resolved: server-sent events." } },
    (request, reply) => {
      const last = request.headers["last-event-id"];
      if (last !== undefined && !/^\d{1,15}$/.test(String(last)))
        throw fault("config-invalid", {
          where: "The header",
          key: "Last-Event-ID",
          what: "must be an id of this stream",
        });
      if (ends.size >= MOST) return reply.code(503).header("retry-after", "5").send(BUSY);
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
      });
      const write = (text: string) => {
        raw.write(text);
        if (raw.writableLength > BEHIND) raw.destroy();
      };
      const following = view.follow(last === undefined ? undefined : Number(last), (told) => write(textOf(told)));
      const beat = setInterval(() => write(": here\n\n"), BEAT);
      const end = () => raw.end();
      ends.add(end);
      raw.once("close", () => {
        clearInterval(beat);
        following.end();
        ends.delete(end);
      });
      raw.write(": findings\n\n");
      for (const told of following.before) raw.write(textOf(told));
      return reply;
    },
  );
}

const BUSY = {
  error: { code: "too-many", message: `${MOST} read this stream already: come again, or ask another replica.` },
};
