import type { ScopeOf } from "#sdk/operation/decision.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Config } from "../../../functions/defender/config.ts";
import type { Failpoint } from "./failing-disk.ts";

/** Where the log is: in a folder, or on Kafka. */
export type Place = { readonly dir: string } | { readonly brokers: readonly string[] };

/** What the process is started with. */
export type Start = Place & {
  readonly boot: string;
  readonly snapshotEvery: number;
};

/** A request on the wire: id, due, sent, cluster, pool, target, operation. */
export type Asked = readonly [string, number, number, string, string, string, string];
/** Its answer: offset, outcome, fence, notAfter, whether it was too old. Null: none, which is a no. */
export type Answered = readonly [number, "granted" | "denied" | "waiting", number, number, boolean] | null;

/** What the one who runs it asks of it, beside the load. */
export type Act =
  | { readonly do: "init" }
  | { readonly do: "configure"; readonly config: Config }
  | { readonly do: "hear"; readonly clusters: readonly string[]; readonly clock: number }
  | { readonly do: "brake"; readonly in: ScopeOf }
  | { readonly do: "release"; readonly in: ScopeOf; readonly brake: number }
  | { readonly do: "end"; readonly fences: readonly number[] }
  | { readonly do: "step"; readonly ms: number }
  | { readonly do: "fail"; readonly failpoint: Failpoint; readonly times: number };

export type Message =
  | { readonly ready: number }
  | { readonly hit: Failpoint }
  | { readonly number: number; readonly result?: number; readonly error?: string };

export const requestOf = ([id, due, sent, cluster, pool, target, operation]: Asked): OperationRequest => ({
  id,
  matter: "matter",
  operation,
  target: { kind: "Node", name: target, uid: "uid" },
  cluster,
  ...(pool !== "" && { pool }),
  actor: "bot",
  depends: ["v1/Node"],
  due,
  sent,
  reason: "because",
});
