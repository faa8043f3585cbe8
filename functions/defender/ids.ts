import { hash } from "node:crypto";
import { parseJson } from "#sdk/event/json.ts";
import type { OperationRequest } from "#sdk/operation/request.ts";
import type { Known, Told } from "./state.ts";

/** What two requests of one id must have in common: all but when they were sent. */
export const digestOf = (r: OperationRequest): string =>
  hash(
    "sha256",
    JSON.stringify([
      r.matter,
      r.operation,
      r.params,
      [r.target.apiVersion, r.target.kind, r.target.namespace, r.target.name, r.target.uid],
      [r.cluster, r.zone, r.pool, r.owner, r.actor],
      r.depends,
      r.due,
      r.reason,
      r.finding && [r.finding.fingerprint, r.finding.episode],
    ]),
    "base64",
  );

/** What was told to the id, taken out of its text where it is one. */
export const toldOf = ({ told }: Known): Told => (typeof told === "string" ? (parseJson(told) as Told) : told);
