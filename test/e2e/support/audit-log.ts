import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Request {
  readonly group: string;
  /** With its subresource: `nodes`, `pods/eviction`. */
  readonly resource: string;
  readonly verb: string;
  /** When the API server had read it, unix ms. */
  readonly received: number;
}

/** What an account asked of the API server, in the order in which it was recorded. */
export function requestsOf(state: string, account: string): Request[] {
  const lines = readFileSync(join(state, "logs", "audit.log"), "utf8")
    .trim()
    .split("\n");
  return lines.flatMap((line) => {
    const { user, verb, objectRef, requestReceivedTimestamp } = JSON.parse(line);
    // Whoever could not be told apart has no name; what is no resource (discovery, health) is everybody's.
    if (!user?.username?.endsWith(`:${account}`) || objectRef?.resource === undefined) return [];
    const { apiGroup: group = "", resource: kind, subresource } = objectRef;
    const resource = `${kind}${subresource ? `/${subresource}` : ""}`;
    return [{ group, resource, verb, received: Date.parse(requestReceivedTimestamp) }];
  });
}

/** The same as `group/resource verb`, each once. */
export const rightsUsed = (state: string, account: string): Set<string> =>
  new Set(requestsOf(state, account).map(({ group, resource, verb }) => `${group}/${resource} ${verb}`));
