import { request } from "node:http";
import { parseJson } from "#sdk/event/json.ts";

export interface WatchEvent {
  readonly type: string;
  readonly object: any;
}

export interface OpenWatch {
  readonly events: readonly WatchEvent[];
  /** Resolves when so many events have come. */
  count(events: number): Promise<readonly WatchEvent[]>;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Watches a path as a client does. Resolves when the server has answered. */
export function openWatch(base: string, path: string, accept = "application/json"): Promise<OpenWatch> {
  return new Promise((resolve, reject) => {
    const events: WatchEvent[] = [];
    const waiting: { readonly least: number; readonly resolve: (events: readonly WatchEvent[]) => void }[] = [];
    const told = () => {
      for (const one of [...waiting]) {
        if (events.length < one.least) continue;
        waiting.splice(waiting.indexOf(one), 1);
        one.resolve(events);
      }
    };
    const sending = request(new URL(path, base), { headers: { accept } }, (response) => {
      let rest = "";
      const ended = new Promise<void>((done) => response.on("close", () => done()));
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = `${rest}${chunk}`.split("\n");
        rest = lines.pop() ?? "";
        events.push(...lines.map((line) => parseJson(line) as WatchEvent));
        told();
      });
      // A server that is cut off breaks its streams: that is an end like any other.
      response.on("error", () => response.destroy());
      resolve({
        events,
        ended,
        count: (least) =>
          new Promise((found) => {
            waiting.push({ least, resolve: found });
            told();
          }),
        close: () => sending.destroy(),
      });
    });
    sending.on("error", reject);
    sending.end();
  });
}
