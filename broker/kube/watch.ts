/** One watch of one resource. It never resumes by itself: who lists and watches decides that. */
import { fault, isFault } from "#sdk/errors.ts";
import { consume } from "./body.ts";
import { LineSplitter } from "./lines.ts";
import { accept } from "./list.ts";
import { type KubeObject, orMalformed, readWatchEvent } from "./objects.ts";
import { withQuery } from "./query.ts";
import type { Requester } from "./requester.ts";
import { readStatus, statusFault } from "./status.ts";

export interface WatchEvent {
  /** A BOOKMARK's object holds nothing but its kind and resourceVersion. */
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubeObject;
}

export interface WatchOptions {
  /** From a list's or an earlier watch's: what comes after it is told. */
  readonly resourceVersion: string;
  readonly metadataOnly?: boolean;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
  /**
   * Events in order, as one piece of the stream brought them; `at` = when that came, monotonic ms. While its promise is
   * pending, nothing more is read. What it throws ends the watch and rejects `done`.
   */
  readonly onEvents: (events: readonly WatchEvent[], at: number) => void | Promise<void>;
}

export interface WatchEnd {
  /**
   * `timeout`: the server ended it in peace, go on from here. `gone`: it no longer has this resourceVersion, list again.
   * `silent`: not a byte came for too long, go on from here. `closed`: by the signal or the client's `close`.
   */
  readonly reason: "timeout" | "gone" | "silent" | "closed";
  /** Of the last event that was taken: where to go on. */
  readonly resourceVersion: string;
}

export interface Watch {
  /** Rejects with errors of the catalogue (`kube-interrupted`, `kube-unreachable`, …), or with what `onEvents` threw. */
  readonly done: Promise<WatchEnd>;
  /** Of the last event that was taken. */
  readonly resourceVersion: string;
  /**
   * Monotonic ms: the latest moment at which the stream was open while a GET, sent then on the same session, was answered
   * later; the beginning counts as one. −Infinity before. It stands still while `onEvents` is at work. On HTTP/1.1 the GET
   * goes by another connection.
   */
  provenAt(): number;
}

/** Seconds after which the server is asked to end the watch: spread, so that not all are opened again at once. */
const LASTS = { h2: [300, 600], "http/1.1": [60, 90] } as const;
/** Bytes; etcd refuses objects of a fraction of this. */
const LONGEST_LINE = 64 << 20;

const SILENT = Symbol("silent");

export function startWatch(requester: Requester, path: string, options: WatchOptions): Watch {
  const { access, clock, timeouts, random } = requester;
  const { signal, onEvents } = options;
  const { server } = access;
  const what = `watch ${path}`;
  let resourceVersion = options.resourceVersion;
  let proven = Number.NEGATIVE_INFINITY;

  const run = async (): Promise<void> => {
    const [least, most] = LASTS[await requester.protocol()];
    const url = withQuery(path, {
      watch: 1,
      allowWatchBookmarks: "true",
      resourceVersion,
      timeoutSeconds: Math.round(least + random() * (most - least)),
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    });
    const headers = { accept: accept(options.metadataOnly === true, "PartialObjectMetadata") };
    const sentAt = clock.monotonic();
    const reply = await requester.open({ path: url, headers, lasting: true, ...(signal && { signal }) });
    proven = sentAt;
    let busy = false;
    const stopListening = reply.carrier.onProof((at) => {
      if (!busy) proven = Math.max(proven, at);
    });
    const lines = new LineSplitter();
    const take = (events: readonly WatchEvent[], at: number): void | Promise<void> => {
      const last = events.at(-1);
      if (last === undefined) return;
      const taken = () => {
        busy = false;
        resourceVersion = last.object.metadata.resourceVersion ?? resourceVersion;
      };
      const work = onEvents(events, at);
      if (work === undefined) return taken();
      busy = true;
      return work.then(taken);
    };
    const onChunk = (chunk: Buffer): void | Promise<void> => {
      const at = clock.monotonic();
      const whole = lines.push(chunk);
      if (lines.pending > LONGEST_LINE) throw fault("kube-too-large", { server, what, limit: LONGEST_LINE });
      const { events, failure } = readEvents(whole);
      const work = take(events, at);
      if (failure === undefined) return work;
      if (work === undefined) throw failure;
      return work.then(() => Promise.reject(failure));
    };
    try {
      await consume(reply, { onChunk, quiet: timeouts.silent, onQuiet: () => SILENT, ...(signal && { signal }) });
    } finally {
      stopListening();
    }
    if (lines.pending > 0) throw fault("kube-interrupted", { server, what: `${what} ended inside of an event` });
  };

  /** Stops at the server's own ERROR event, which is the last. */
  const readEvents = (whole: readonly Buffer[]): { events: WatchEvent[]; failure?: Error } => {
    const events: WatchEvent[] = [];
    for (const line of whole) {
      const event = orMalformed(server, what, () => readWatchEvent(line));
      if (event.type === "ERROR") {
        const request = { server, source: access.source, method: "GET", path: `${path}?watch=1` };
        return { events, failure: statusFault(request, readStatus(event.object)) };
      }
      events.push(event as WatchEvent);
    }
    return { events };
  };

  const done = run().then(
    (): WatchEnd => ({ reason: "timeout", resourceVersion }),
    (e: unknown): WatchEnd => {
      if (e === SILENT) return { reason: "silent", resourceVersion };
      if (isFault(e, "kube-gone")) return { reason: "gone", resourceVersion };
      if (isFault(e, "kube-closed") || (signal?.aborted === true && e === signal.reason)) {
        return { reason: "closed", resourceVersion };
      }
      throw e;
    },
  );

  return {
    done,
    get resourceVersion() {
      return resourceVersion;
    },
    provenAt: () => proven,
  };
}
