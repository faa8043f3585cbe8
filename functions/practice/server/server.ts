import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { fault, sayError } from "#sdk/errors.ts";
import { createContext } from "../controllers/context.ts";
import { runHousekeeping } from "../controllers/housekeeping.ts";
import { ApiError } from "../store/status.ts";
import type { Store } from "../store/store.ts";
import { type Behaviour, goodBehaviour, type Knobs } from "./knobs.ts";
import { createRequestLog, type RequestLog } from "./request-log.ts";
import { createRouter } from "./router.ts";
import { send } from "./send.ts";
import { createWatchHub } from "./watch.ts";

export interface ApiServerOptions {
  readonly store: Store;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** ms between the bookmarks of a watch. Default 60,000. */
  readonly bookmarkEvery?: number;
  /** How many requests are remembered, at least. Default 5,000. */
  readonly logLimit?: number;
  /** Serves finalizers, owners, namespaces and definitions of custom resources, as a cluster does. Default true. */
  readonly housekeeping?: boolean;
  /** Takes what went wrong in the server itself; the client gets a 500. */
  readonly report: (error: unknown) => void;
}

export interface ApiServer {
  readonly url: string;
  readonly port: number;
  readonly knobs: Knobs;
  readonly requests: RequestLog;
  /** Watches that are open now. */
  watches(): number;
  close(): Promise<void>;
}

/** A small API server on loopback. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, bookmarkEvery = 60_000, logLimit = 5_000, report } = options;
  const behaviour: Behaviour = goodBehaviour();
  const hub = createWatchHub(store, behaviour, bookmarkEvery);
  const log = createRequestLog(logLimit);
  const sockets = new Set<Socket>();

  if (options.housekeeping !== false) runHousekeeping(createContext(store, report));
  const route = createRouter({ store, behaviour, hub, log });

  const server = createServer((http, response) => {
    route(http, response).catch((error: unknown) => {
      if (error instanceof ApiError) return send(response, error.code, error.status);
      report(error);
      const failure = new ApiError(500, "InternalError", `Internal error occurred: ${sayError(error)}`);
      send(response, 500, failure.status);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    if (behaviour.down) socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(fault("practice-port", { port: options.port ?? 0, what: cause.message }, cause)),
    );
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  const knobs: Knobs = {
    forbid(resource, verbs) {
      behaviour.forbidden.set(resource, verbs ? new Set(verbs) : "all");
      return () => void behaviour.forbidden.delete(resource);
    },
    failGroup(group) {
      behaviour.failing.add(group);
      return () => void behaviour.failing.delete(group);
    },
    cutWatches: (resource) => hub.cut(resource),
    dropWatchEvents(share) {
      behaviour.droppedShare = share;
    },
    stallWatches: (resource) => hub.stall(resource),
    compact: () => store.objects.compact(),
    pauseBookmarks(paused) {
      behaviour.bookmarksPaused = paused;
    },
    latency(ms) {
      behaviour.latency = ms;
    },
    outage(down) {
      behaviour.down = down;
      if (down) for (const socket of sockets) socket.destroy();
    },
  };

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    knobs,
    requests: log,
    watches: () => hub.count(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        hub.cut();
        for (const socket of sockets) socket.destroy();
      }),
  };
}
