/** The API's objects, as far as this room looks into them, and the one way their JSON is read. */
import { fault, isFault } from "#sdk/errors.ts";
import { parseJson } from "#sdk/event/json.ts";
import { isRecord } from "./fields.ts";
import { parseWithoutManagedFields } from "./managed-fields.ts";

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly [field: string]: unknown;
}

/** An object of any kind; `metadata.managedFields` is never there. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface KubeList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly KubeObject[];
}

export interface RawWatchEvent {
  readonly type: string;
  readonly object: KubeObject;
}

/** Depth is not counted: it costs a walk, and the API server limits it. */
const read = (bytes: Uint8Array): unknown => parseJson(bytes, { poison: "drop", maxDepth: Number.POSITIVE_INFINITY });

export const readList = (bytes: Buffer): KubeList | undefined => {
  const list = parseWithoutManagedFields(bytes, read, (value) => (isList(value) ? value.items : []));
  return isList(list) ? list : undefined;
};

export const readObject = (bytes: Buffer): unknown =>
  parseWithoutManagedFields(bytes, read, (value) => (isObject(value) ? [value] : []));

export const readWatchEvent = (line: Buffer): RawWatchEvent | undefined => {
  const event = parseWithoutManagedFields(line, read, (value) => (isEvent(value) ? [value.object] : []));
  return isEvent(event) ? event : undefined;
};

/** Calls one of the above; what is no JSON, or not what was expected, becomes `kube-malformed`. */
export function orMalformed<T>(server: string, what: string, read: () => T | undefined): T {
  let value: T | undefined;
  try {
    value = read();
  } catch (e) {
    if (isFault(e)) throw fault("kube-malformed", { server, what }, e);
    throw e;
  }
  if (value === undefined) throw fault("kube-malformed", { server, what });
  return value;
}

const isObject = (value: unknown): value is KubeObject => isRecord(value) && isRecord(value.metadata);

/** Go writes an empty list as null where nobody made it: metadata of Endpoints, for one. */
const isList = (value: unknown): value is KubeList => {
  if (!isObject(value)) return false;
  const list = value as { items?: unknown };
  list.items ??= [];
  return Array.isArray(list.items) && list.items.every(isObject);
};

const isEvent = (value: unknown): value is RawWatchEvent =>
  isRecord(value) && typeof value.type === "string" && isObject(value.object);
