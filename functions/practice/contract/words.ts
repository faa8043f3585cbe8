/** Paths, media types and answers that the parts of the contract share. */
import { ANY } from "./step.ts";

export const NS = "/api/v1/namespaces/{ns}";
export const MAPS = `${NS}/configmaps`;

export const MERGE = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";

/** A failure as Kubernetes says it. */
export const failure = (
  code: number,
  reason: string,
  message: string | RegExp | typeof ANY = ANY,
  details?: unknown,
) => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  code,
  reason,
  message,
  ...(details !== undefined && { details }),
});

/** A ConfigMap, which nobody touches but its maker. */
export const map = (name: string, more: object = {}) => ({ metadata: { name, ...more } });
