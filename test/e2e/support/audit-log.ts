import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What an account asked of the API server: `group/resource verb`, each once. */
export function rightsUsed(state: string, account: string): Set<string> {
  const used = new Set<string>();
  const lines = readFileSync(join(state, "logs", "audit.log"), "utf8")
    .trim()
    .split("\n");
  for (const line of lines) {
    const { user, verb, objectRef } = JSON.parse(line);
    // Whoever could not be told apart has no name; what is no resource (discovery, health) is everybody's.
    if (!user?.username?.endsWith(`:${account}`) || objectRef?.resource === undefined) continue;
    const { apiGroup = "", resource, subresource } = objectRef;
    used.add(`${apiGroup}/${resource}${subresource ? `/${subresource}` : ""} ${verb}`);
  }
  return used;
}
