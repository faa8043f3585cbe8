/** Reads a reply's body: piece by piece, or whole. */
import { gunzipSync } from "node:zlib";
import { fault, sayError } from "#sdk/errors.ts";
import { onAbort } from "./abort.ts";
import { interrupted, type Reply } from "./transport.ts";

export interface ConsumeOptions {
  /** One piece. While a promise of it is pending, nothing more is read. What it throws ends the reading. */
  readonly onChunk: (chunk: Buffer) => void | Promise<void>;
  /** ms without a byte (not counting the time that `onChunk` takes), and what is then thrown. */
  readonly quiet: number;
  readonly onQuiet: () => unknown;
  readonly signal?: AbortSignal;
}

/**
 * Resolves when the body has ended whole; whatever else happens, the stream is cancelled and the promise rejects. It never
 * settles while `onChunk` is at work.
 */
export function consume(reply: Reply, { onChunk, quiet, onQuiet, signal }: ConsumeOptions): Promise<void> {
  const { body } = reply;
  return new Promise((done, fail) => {
    let busy = false;
    let outcome: (() => void) | undefined;
    let unlisten = (): void => undefined;
    const finish = (how: () => void) => {
      outcome ??= how;
      clearTimeout(timer);
      unlisten();
      body.off("data", take).off("end", ended).off("close", ended);
      if (!busy) outcome();
    };
    const stop = (why: unknown) => {
      finish(() => fail(why));
      reply.cancel();
    };
    const ended = () => {
      const broken = reply.broken();
      finish(() => (broken === undefined ? done() : fail(broken)));
    };
    const threw = (e: unknown) => {
      busy = false;
      fail(e); // goes before whatever else has happened meanwhile
      stop(e);
    };
    const worked = () => {
      busy = false;
      if (outcome) return outcome();
      timer.refresh();
      body.resume();
    };
    const take = (chunk: Buffer) => {
      timer.refresh();
      busy = true;
      let work: void | Promise<void>;
      try {
        work = onChunk(chunk);
      } catch (e) {
        return threw(e);
      }
      if (work === undefined) {
        busy = false;
        return outcome?.();
      }
      body.pause();
      work.then(worked, threw);
    };
    const timer = setTimeout(() => {
      if (busy) timer.refresh();
      else stop(onQuiet());
    }, quiet);
    if (signal?.aborted) return stop(signal.reason);
    unlisten = onAbort(signal, () => stop(signal?.reason));
    body.on("data", take).on("end", ended).on("close", ended);
    // Its `close` may have come together with the answer.
    if (body.destroyed) ended();
  });
}

export interface ReadOptions {
  /** What was asked, for errors. */
  readonly what: string;
  readonly server: string;
  /** ms between two pieces. */
  readonly stall: number;
  /** Bytes, unpacked. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/** The whole body, unpacked. Rejects with `kube-interrupted`, `kube-too-large`, `kube-malformed`. */
export async function readWhole(reply: Reply, { what, server, stall, limit, signal }: ReadOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const tooLarge = (cause?: unknown) => fault("kube-too-large", { server, what, limit }, cause);
  await consume(reply, {
    onChunk: (chunk) => {
      size += chunk.length;
      if (size > limit) throw tooLarge();
      chunks.push(chunk);
    },
    quiet: stall,
    onQuiet: () => interrupted(server, new Error(`the answer to ${what} stopped midway for ${stall} ms`)),
    ...(signal && { signal }),
  });
  const packed = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
  if (reply.headers["content-encoding"] !== "gzip") return packed;
  try {
    return gunzipSync(packed, { maxOutputLength: limit, chunkSize: 1 << 20 });
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(e);
    throw fault("kube-malformed", { server, what: `${what} (${sayError(e)})` }, e);
  }
}
