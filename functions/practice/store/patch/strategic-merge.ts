import { isRecord, same } from "../object.ts";
import { badRequest } from "../status.ts";

type Item = Record<string, unknown>;

/** Lists of objects that are merged by a key; the key of `ports` depends on whose they are. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  addresses: ["type"],
  conditions: ["type"],
  containers: ["name"],
  env: ["name"],
  ephemeralContainers: ["name"],
  hostAliases: ["ip"],
  imagePullSecrets: ["name"],
  initContainers: ["name"],
  ownerReferences: ["uid"],
  podIPs: ["ip"],
  ports: ["containerPort", "port"],
  resourceClaims: ["name"],
  secrets: ["name"],
  topologySpreadConstraints: ["topologyKey"],
  volumeDevices: ["devicePath"],
  volumeMounts: ["mountPath"],
  volumes: ["name"],
  webhooks: ["name"],
};

/** Lists of plain values that are merged as sets. All other lists, taints and tolerations too, are replaced whole. */
const SETS = new Set(["finalizers", "podCIDRs"]);

const keyOf = (list: string, items: readonly unknown[]): string | undefined =>
  KEYS[list]?.find((key) => items.some((item) => isRecord(item) && key in item));

const ORDER = "$setElementOrder/";
const DELETE_FROM = "$deleteFromPrimitiveList/";

/** Items named in the order come in that order, each of the others after the one it stood behind. */
function inOrder(items: readonly unknown[], order: unknown, key: string | undefined): unknown[] {
  if (!Array.isArray(order)) return [...items];
  const nameOf = (item: unknown) => (key !== undefined && isRecord(item) ? item[key] : item);
  const rank = new Map(order.map((entry, i) => [nameOf(entry), i]));
  let last = -1;
  const placed = items.map((item, i) => {
    last = rank.get(nameOf(item)) ?? last;
    return { item, rank: last, i };
  });
  return placed.sort((a, b) => a.rank - b.rank || a.i - b.i).map(({ item }) => item);
}

function mergeKeyed(target: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  if (patch.some((item) => isRecord(item) && item.$patch === "replace")) {
    return patch.filter((item) => !(isRecord(item) && item.$patch === "replace"));
  }
  const merged = [...target] as Item[];
  for (const item of patch as readonly Item[]) {
    if (!isRecord(item) || item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = merged.findIndex((one) => one[key] === item[key]);
    if (item.$patch === "delete") {
      if (at >= 0) merged.splice(at, 1);
    } else if (at < 0) merged.push(mergeObjects({}, item));
    else merged[at] = mergeObjects(merged[at] as Item, item);
  }
  return merged;
}

function mergeLists(name: string, target: unknown, patch: readonly unknown[], order: unknown): unknown[] {
  const before = Array.isArray(target) ? target : [];
  const key = keyOf(name, [...before, ...patch]);
  if (key !== undefined) return inOrder(mergeKeyed(before, patch, key), order, key);
  if (!SETS.has(name)) return [...patch];
  const added = patch.filter((value) => !before.some((known) => same(known, value)));
  return inOrder([...before, ...added], order, undefined);
}

function mergeObjects(target: Item, patch: Item): Item {
  if (patch.$patch === "replace") return without(patch, ["$patch"]);
  if (patch.$patch === "delete") return {};
  let merged: Item = { ...target };
  if (Array.isArray(patch.$retainKeys))
    merged = Object.fromEntries(
      Object.entries(merged).filter(([name]) => (patch.$retainKeys as unknown[]).includes(name)),
    );
  for (const [name, value] of Object.entries(patch)) {
    if (name === "$patch" || name === "$retainKeys") continue;
    if (name.startsWith(DELETE_FROM)) {
      const list = name.slice(DELETE_FROM.length);
      const gone = Array.isArray(value) ? value : [];
      if (Array.isArray(merged[list])) merged[list] = (merged[list] as unknown[]).filter((one) => !gone.includes(one));
    } else if (name.startsWith(ORDER)) {
      const list = name.slice(ORDER.length);
      if (patch[list] === undefined && Array.isArray(merged[list]))
        merged[list] = mergeLists(list, merged[list], [], value);
    } else if (value === null) delete merged[name];
    else if (Array.isArray(value)) merged[name] = mergeLists(name, merged[name], value, patch[`${ORDER}${name}`]);
    else if (isRecord(value)) merged[name] = mergeObjects(isRecord(merged[name]) ? (merged[name] as Item) : {}, value);
    else merged[name] = value;
  }
  return merged;
}

const without = (object: Item, names: readonly string[]): Item =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

/** Kubernetes' strategic merge: like a merge patch, but lists with a merge key are merged item by item. */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
  return mergeObjects(isRecord(target) ? target : {}, patch);
}
