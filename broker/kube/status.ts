/** Turns the API server's statuses into errors of the catalogue; its own message is kept. */
import { fault, type RoundsmanError } from "#sdk/errors.ts";
import { describeRequest, resourceText, ruleFor } from "./described.ts";
import { isRecord } from "./fields.ts";

export interface FailedRequest {
  readonly server: string;
  /** Where the credentials come from. */
  readonly source: string;
  readonly method: string;
  readonly path: string;
}

export interface Failure {
  readonly status: number;
  readonly message: string;
  /** ms, where the server said when to come back. */
  readonly retryAfter?: number;
}

/** Where it does not say: client-go's pause. */
const DEFAULT_RETRY_AFTER = 1_000;

/** The error for a status of 300 or more. */
export function statusFault(request: FailedRequest, { status, message, retryAfter }: Failure): RoundsmanError {
  const { server, source, method, path } = request;
  const described = describeRequest(method, path);
  const resource = resourceText(described);
  const what = `${described.verb} ${resource}`;
  switch (status) {
    case 401:
      return fault("kube-unauthorized", { server, source, message });
    case 403:
      return fault("kube-forbidden", { server, verb: described.verb, resource, message, rule: ruleFor(described) });
    case 404:
      return fault("kube-not-found", { server, what: resource, message });
    case 409:
      return fault("kube-conflict", { server, what, message });
    case 410:
      return fault("kube-gone", { server, what, message });
    case 429:
      return fault("kube-throttled", { server, what, message, retryAfter: retryAfter ?? DEFAULT_RETRY_AFTER });
    default:
      return fault(status >= 500 ? "kube-failed" : "kube-refused", { server, what, status, message });
  }
}

/** Reads what a refusing answer says: a Status object, or whatever text there is. */
export function readFailure(status: number, text: string, retryAfterHeader: unknown): Failure {
  const seconds = Number(retryAfterHeader ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? { retryAfter: seconds * 1000 } : {};
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    // Not every refusal is JSON: a proxy's, or the API server's own before it is ready.
    return { status, message: oneLine(text) || "it does not say why", ...retryAfter };
  }
  return { ...readStatus(said), status, ...retryAfter };
}

/** Reads a Status object, as a watch gets it inside an ERROR event. */
export function readStatus(object: unknown): Failure {
  const { code, message, reason, details } = isRecord(object) ? object : {};
  const seconds = isRecord(details) ? details.retryAfterSeconds : undefined;
  return {
    status: typeof code === "number" ? code : 500,
    message: oneLine(typeof message === "string" && message !== "" ? message : String(reason ?? "it does not say why")),
    ...(typeof seconds === "number" && { retryAfter: seconds * 1000 }),
  };
}

/** The sentence that it becomes part of ends it. */
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, 1_000).replace(/\.$/, "");
