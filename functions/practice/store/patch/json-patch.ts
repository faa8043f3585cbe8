import { isRecord, same, thaw } from "../object.ts";
import { ApiError, badRequest } from "../status.ts";

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

type Container = Record<string, unknown> | unknown[];

/** What the API server says of a patch that does not fit, whatever the reason. */
const unfit = () => new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});

const steps = (pointer: string): string[] => {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw unfit();
  const path = pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (path.includes("__proto__")) throw unfit();
  return path;
};

function read(container: unknown, step: string): unknown {
  if (Array.isArray(container)) return /^\d{1,9}$/.test(step) ? container[Number(step)] : undefined;
  return isRecord(container) && Object.hasOwn(container, step) ? container[step] : undefined;
}

/** The container that holds the last step, and that step. */
function locate(root: unknown, pointer: string): { readonly parent: Container; readonly step: string } {
  const path = steps(pointer);
  const step = path.pop();
  const parent = path.reduce(read, root);
  if (step === undefined || (!Array.isArray(parent) && !isRecord(parent))) throw unfit();
  return { parent, step };
}

const get = (root: unknown, pointer: string): unknown => {
  const value = steps(pointer).reduce(read, root);
  if (value === undefined) throw unfit();
  return value;
};

function add(root: unknown, pointer: string, value: unknown): void {
  const { parent, step } = locate(root, pointer);
  if (!Array.isArray(parent)) {
    parent[step] = value;
    return;
  }
  const index = step === "-" ? parent.length : /^\d{1,9}$/.test(step) ? Number(step) : -1;
  if (index < 0 || index > parent.length) throw unfit();
  parent.splice(index, 0, value);
}

function take(root: unknown, pointer: string): void {
  get(root, pointer);
  const { parent, step } = locate(root, pointer);
  if (Array.isArray(parent)) parent.splice(Number(step), 1);
  else delete parent[step];
}

function apply(root: { value: unknown }, { op, path, from = "", value }: Operation): void {
  const whole = path === "";
  if (op === "test") {
    if (!same(whole ? root.value : get(root.value, path), value)) throw unfit();
  } else if (op === "add" || op === "replace") {
    if (op === "replace" && !whole) {
      get(root.value, path);
      take(root.value, path);
    }
    if (whole) root.value = value;
    else add(root.value, path, value);
  } else if (op === "remove") {
    take(root.value, path);
  } else if (op === "copy" || op === "move") {
    const moved = thaw(get(root.value, from));
    if (op === "move") take(root.value, from);
    add(root.value, path, moved);
  } else {
    throw unfit();
  }
}

/** RFC 6902. The target stays as it was. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  const root = { value: thaw(target) };
  for (const operation of patch) {
    if (!isRecord(operation) || typeof operation.path !== "string") throw unfit();
    apply(root, operation as unknown as Operation);
  }
  return root.value;
}
