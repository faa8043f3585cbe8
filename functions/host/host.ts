import type { Manifest } from "#sdk/case/manifest.ts";
import { fault, sayError } from "#sdk/errors.ts";
import { Lifecycle } from "#sdk/runtime/lifecycle.ts";
import type { Logger } from "#sdk/runtime/log-lines.ts";
import type { Callers } from "#sdk/serve/callers.ts";
import { caseWork } from "#sdk/serve/case-work.ts";
import { createFunctionServer } from "#sdk/serve/function-server.ts";
import type { CaseModule } from "#sdk/serve/messages.ts";
import { CasePool } from "#sdk/serve/pool.ts";
import type { ServedTls } from "#sdk/serve/tls.ts";
import { uniqueCases } from "#sdk/serve/unique-cases.ts";
import { HostCounts } from "./counts.ts";
import type { HostSettings } from "./settings.ts";

export interface HostOptions {
  readonly settings: HostSettings;
  readonly modules: readonly CaseModule[];
  /** The bundled worker. */
  readonly worker: URL;
  readonly version: string;
  readonly callers: Callers | undefined;
  readonly tls: ServedTls | undefined;
  readonly logger: Logger;
  /** For a person: what cannot be used, and goes on without. */
  readonly tell: (message: string) => void;
  /** Told where it listens. */
  readonly listening: (url: string) => void;
}

/** MiB of a case thread's heap. */
const HEAP = 256;

/** Cases as a function over HTTP. Listens at once, is ready when they are loaded; stopped, it finishes what is under way. */
export function createHost(options: HostOptions): Lifecycle {
  const { settings, modules, worker, version, callers, tls, logger, tell, listening } = options;
  const pool = new CasePool({
    entry: worker,
    modules,
    deadline: settings.checkDeadline,
    heap: HEAP,
    size: settings.threads,
    warn: tell,
  });
  let manifests: readonly Manifest[] | undefined;
  const counts = new HostCounts();
  const server = createFunctionServer({
    work: caseWork(pool, (one) => counts.add(one)),
    address: settings.address,
    bodyLimit: settings.bodyLimit,
    deadline: settings.deadline,
    most: settings.requests,
    waitsFor: () => (manifests ? [] : ["the cases"]),
    failed: (e, path) => logger.error({ err: sayError(e.cause ?? e), path }, "a request failed"),
    more: async (app, metrics) => {
      const { hostMetrics } = await import("./metrics.ts");
      app.get("/v1/cases", () => ({ cases: manifests ?? [] }));
      hostMetrics(metrics, { counts, pool, cases: () => manifests?.length ?? 0 });
    },
    version,
    callers,
    tls,
  });
  let loading: ReturnType<CasePool["start"]>;
  const parts = [
    {
      name: "the case threads",
      start: () => {
        loading = pool.start();
        loading.catch(() => undefined);
      },
      stop: () => pool.stop(),
    },
    {
      name: "the server",
      start: async () => listening(await server.listen(settings.port)),
      stop: () => server.drain(settings.linger),
    },
    {
      name: "the cases",
      start: async () => {
        const { cases, broken } = await loading;
        for (const { message } of broken) tell(message);
        manifests = uniqueCases(cases, tell);
        if (manifests.length > 0) return;
        throw fault("cases-unreadable", {
          path: modules.map(({ file }) => file).join(", "),
          what: "no case in it can be used",
        });
      },
      stop: () => undefined,
    },
  ];
  return new Lifecycle(parts, { grace: settings.grace, warn: tell });
}
