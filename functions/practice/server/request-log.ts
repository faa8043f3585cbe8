import { REVIEWS } from "./reviews.ts";

export interface LoggedRequest {
  /** Unix ms. */
  readonly at: number;
  /** Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection; or the HTTP method in lower case. */
  readonly verb: string;
  /** `pods`, `deployments.apps`, `nodes/status`; absent for other paths. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path: string;
}

/** Who asked for what, the latest last. */
export interface RequestLog {
  all(): readonly LoggedRequest[];
  /** Everything that could have changed something. Empty = the cluster was only read. */
  writes(): readonly LoggedRequest[];
  clear(): void;
}

const READS = new Set(["get", "list", "watch", "head"]);

export function createRequestLog(limit: number): RequestLog & { add(request: LoggedRequest): void } {
  let requests: LoggedRequest[] = [];
  return {
    all: () => requests,
    writes: () => requests.filter(({ verb, resource }) => !READS.has(verb) && resource !== REVIEWS),
    clear() {
      requests = [];
    },
    add(request) {
      requests.push(request);
      if (requests.length > limit * 2) requests = requests.slice(-limit);
    },
  };
}
