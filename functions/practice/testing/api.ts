import { contractClient } from "../contract/client.ts";
import { seededRandom } from "../random.ts";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../server/server.ts";
import { createStore, type Store } from "../store/store.ts";
import { createTimeline, type Timeline } from "../timeline.ts";

export interface TestApi {
  readonly server: ApiServer;
  readonly store: Store;
  readonly time: Timeline;
  /** What the server reported of itself. Must stay empty. */
  readonly failures: readonly unknown[];
  /** Asks, and answers the parsed body with its code. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ readonly code: number; readonly body: any }>;
}

/** An empty API server whose time stands still. */
export async function startTestApi(
  options: Partial<ApiServerOptions> & { readonly historyLimit?: number } = {},
): Promise<TestApi> {
  const time = createTimeline(Date.parse("2026-11-21T12:00:00Z"));
  const { historyLimit, ...rest } = options;
  const store = createStore({
    clock: time,
    random: seededRandom(1),
    ...(historyLimit !== undefined && { historyLimit }),
  });
  const failures: unknown[] = [];
  const server = await startApiServer({ store, report: (error) => failures.push(error), ...rest });
  const send = contractClient(server.url);
  time.advance(1_000);
  return {
    server,
    store,
    time,
    failures,
    ask: (method, path, body, headers = {}) =>
      send({
        method,
        path,
        headers: {
          accept: "application/json",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
  };
}
