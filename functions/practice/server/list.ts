import { parseJson } from "#sdk/event/json.ts";
import { isRecord, type KubeObject, keyOf } from "../store/object.ts";
import type { Resource } from "../store/resources.ts";
import { fieldSelector, labelSelector, type Predicate } from "../store/selectors.ts";
import { badRequest, expired, forbiddenField, invalidOptions, tooLarge } from "../store/status.ts";
import type { Store } from "../store/store.ts";
import type { ListMetadata } from "./forms.ts";

/** Both selectors of a request. */
export function selection(
  resource: Resource,
  query: URLSearchParams,
): { readonly matches: Predicate; readonly selective: boolean } {
  const labels = query.get("labelSelector") ?? "";
  const fields = query.get("fieldSelector") ?? "";
  const byLabel = labelSelector(labels);
  const byField = fieldSelector(resource, fields);
  return { matches: (object) => byLabel(object) && byField(object), selective: labels !== "" || fields !== "" };
}

/** A whole number of a query, or undefined. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const revisionOf = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return Number(text);
};

interface Token {
  /** The revision that all pages show; -1 = whatever is there now. */
  readonly rv: number;
  /** The first key that is not yet told. */
  readonly start: string;
}

const VERSION = "meta.k8s.io/v1";

const encode = (token: Token): string => Buffer.from(JSON.stringify({ v: VERSION, ...token })).toString("base64url");

function decode(text: string): Token {
  try {
    const token = parseJson(Buffer.from(text, "base64url").toString());
    if (isRecord(token) && token.v === VERSION && Number.isInteger(token.rv) && typeof token.start === "string")
      return token as never;
  } catch (cause) {
    throw badRequest(
      `invalid continue token: continue key is not valid: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
  throw badRequest("invalid continue token: continue key is not valid: no such version");
}

const CONTINUE_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

interface View {
  readonly items: readonly KubeObject[];
  readonly revision: number;
  readonly limit: number;
}

/** What the list shows, and as of when. */
function view(
  { objects }: Store,
  resource: Resource,
  namespace: string | undefined,
  query: URLSearchParams,
  token: Token | undefined,
): View {
  const limit = Math.max(0, integer(query, "limit") ?? 0);
  const asked = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const latest = (bound = limit): View => ({
    items: objects.list(resource.id, namespace),
    revision: objects.revision(),
    limit: bound,
  });
  if (token) {
    if (asked !== "" && asked !== "0")
      throw badRequest("specifying resource version is not allowed when using continue");
    if (token.rv === -1) return latest();
    const items = objects.at(resource.id, token.rv, namespace);
    if (items) return { items, revision: token.rv, limit };
    throw expired(CONTINUE_EXPIRED, { continue: encode({ rv: -1, start: token.start }) });
  }
  if (match !== "" && asked === "") {
    throw invalidOptions("ListOptions", [
      forbiddenField("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
    ]);
  }
  if (asked === "") return latest();
  const wanted = revisionOf(asked);
  if (wanted > objects.revision()) throw tooLarge(wanted, objects.revision());
  // From the watch cache, which knows no pages.
  if (wanted === 0) return latest(0);
  if (match !== "Exact" && (match === "NotOlderThan" || limit === 0)) return latest();
  const items = objects.at(resource.id, wanted, namespace);
  if (!items) throw expired("The resourceVersion for the provided list is too old.");
  return { items, revision: wanted, limit };
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly metadata: ListMetadata;
}

/** One page of a list. */
export function list(store: Store, resource: Resource, namespace: string | undefined, query: URLSearchParams): Page {
  const { matches, selective } = selection(resource, query);
  const text = query.get("continue") ?? "";
  const token = text === "" ? undefined : decode(text);
  const { items, revision, limit } = view(store, resource, namespace, query, token);
  const key = ({ metadata }: KubeObject) => keyOf(metadata.namespace, metadata.name);
  const rest = items.filter((object) => (token === undefined || key(object) >= token.start) && matches(object));
  const resourceVersion = String(revision);
  if (limit === 0 || rest.length <= limit) return { items: rest, metadata: { resourceVersion } };
  const page = rest.slice(0, limit);
  const start = `${key(page.at(-1) as KubeObject)}\0`;
  const remaining = selective ? {} : { remainingItemCount: rest.length - limit };
  return { items: page, metadata: { resourceVersion, continue: encode({ rv: revision, start }), ...remaining } };
}
