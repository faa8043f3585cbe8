import { fault } from "#sdk/errors.ts";
import { SCOPES, type ScopeName, type ScopeOf } from "#sdk/operation/decision.ts";

/** What an act is told with. Throws `words-unclear`. */
export function reasonOf({ reason = "" }: { readonly reason?: string }): string {
  if (reason === "")
    throw fault("words-unclear", { text: "--reason", what: "is needed", wanted: "why, for who reads it at night" });
  return reason;
}

/** Kinds as they are typed. */
const KINDS = ["Node", "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Namespace", "Job"];

export interface Named {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** `Node/gpu-7`, `pod/shop/web`. Throws `words-unclear`. */
export function targetOf(text: string): Named {
  const [kind = "", ...rest] = text.split("/");
  const name = rest.pop();
  const namespace = rest.pop();
  if (kind === "" || !name || namespace === "" || rest.length > 0)
    throw fault("words-unclear", { text, what: "names no target", wanted: "Node/gpu-7 or Pod/shop/web" });
  const known = KINDS.find((one) => one.toLowerCase() === kind.toLowerCase());
  return { kind: known ?? kind, ...(namespace !== undefined && { namespace }), name };
}

const SHAPES =
  "fleet, cluster/eu-1, pool/eu-1/gpu, zone/eu-1/a, namespace/eu-1/shop, owner/team-a, actor/remedy, target/eu-1/Node/gpu-7";

/** `cluster/eu-1`, as it is written where a denial says what to do. Throws `words-unclear`. */
export function scopeFrom(text: string): ScopeOf {
  const [word = "", ...rest] = text.split("/");
  const unclear = (what: string) => fault("words-unclear", { text, what, wanted: SHAPES });
  if (!(SCOPES as readonly string[]).includes(word)) throw unclear("names no scope");
  const scope = word as ScopeName;
  if (scope === "fleet") {
    if (rest.length > 0) throw unclear("has names, of which the fleet has none");
    return { scope, names: [] };
  }
  if (rest.length === 0 || rest.includes("")) throw unclear("leaves a name out");
  const names = namesOf(scope, rest);
  if (!names) throw unclear("leaves a name out");
  return { scope, names };
}

/** The name of a cluster may hold slashes: what stands before the rest is its. */
function namesOf(scope: ScopeName, parts: readonly string[]): string[] | undefined {
  if (scope === "cluster" || scope === "owner" || scope === "actor") return [parts.join("/")];
  if (scope !== "target") return parts.length < 2 ? undefined : [parts.slice(0, -1).join("/"), parts.at(-1)!];
  // Kinds begin with a capital; namespaces cannot.
  const isKind = (at: number) => /^[A-Z]/.test(parts[at] ?? "");
  const at = isKind(parts.length - 2) ? parts.length - 2 : parts.length - 3;
  if (at < 1 || !isKind(at)) return undefined;
  const [kind, ...names] = parts.slice(at);
  return [parts.slice(0, at).join("/"), kind!, names.length === 2 ? names[0]! : "", names.at(-1)!];
}
