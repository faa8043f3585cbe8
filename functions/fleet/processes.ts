import type { TObject } from "typebox";
import type { Process } from "#functions/process/process.ts";

/** The processes that share one log, by name: each is loaded when it is run. */
export const PROCESSES = {
  watcher: () => import("./watcher.ts"),
  dispatcher: () => import("#functions/dispatcher/process.ts"),
  ledger: () => import("#functions/ledger/process.ts"),
  "dead-letters": () => import("#functions/dead-letters/process.ts"),
  defender: () => import("./defender.ts"),
  healer: () => import("./healer.ts"),
  executor: () => import("#functions/executor/process.ts"),
  alert: () => import("#functions/alert/process.ts"),
} satisfies Record<string, () => Promise<{ readonly process: Process<TObject> }>>;
