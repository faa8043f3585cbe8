import type { IncomingMessage } from "node:http";
import { fault } from "../errors.ts";

const NOTHING = Buffer.alloc(0);

/** Calls back once, with the whole body or why there is none; not at all where the sender went away. */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (error: Error | undefined, body: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= limit) return void chunks.push(chunk);
    request.removeAllListeners("data").removeAllListeners("end");
    done(fault("event-too-large", { limit }), NOTHING);
  });
  request.on("end", () => done(undefined, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
}
