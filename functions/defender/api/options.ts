import type { FastifyInstance } from "fastify";
import type { Log } from "#broker/log/log.ts";
import type { Target } from "#sdk/operation/request.ts";
import type { Clock } from "#sdk/runtime/clock.ts";
import type { Defender } from "../defender.ts";

export interface DefenderApi {
  readonly defender: Defender;
  /** Whose topics `decisions` and `defender` are the audit. */
  readonly log: Log;
  readonly clock: Pick<Clock, "now">;
  /** Where a target stands, where somebody knows; else what was last asked of it tells. */
  readonly locate?: (cluster: string, target: Omit<Target, "uid">) => Located | undefined;
}

export interface Located {
  readonly uid?: string;
  readonly zone?: string;
  readonly pool?: string;
  readonly owner?: string;
}

export type Routes = (app: FastifyInstance, api: DefenderApi) => void;
