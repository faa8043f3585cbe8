import { isRecord, type KubeObject } from "../object.ts";
import type { Resource } from "../resources.ts";
import { ApiError, badRequest, notFound } from "../status.ts";
import type { Store } from "../store.ts";
import { type UpdateOptions, update } from "../update.ts";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import { strategicMerge } from "./strategic-merge.ts";

export type PatchType = "json" | "merge" | "strategic";

export const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
};

const unsupported = (accepted: readonly string[]) =>
  new ApiError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );

/** Applies it and changes nothing. */
export function applyPatch(type: PatchType, target: unknown, patch: unknown): unknown {
  if (type === "json") return jsonPatch(target, patch);
  if (type === "strategic") return strategicMerge(target, patch);
  if (!isRecord(patch))
    throw badRequest(
      "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    );
  return mergePatch(target, patch);
}

/** Changes an object as it stands. A resourceVersion or uid in the patch is a precondition. */
export function patch(
  context: Store,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  type: PatchType,
  body: unknown,
  options: UpdateOptions = {},
): KubeObject {
  if (resource.custom && type === "strategic")
    throw unsupported(["application/json-patch+json", "application/merge-patch+json"]);
  const current = context.objects.get(resource.id, namespace, name);
  if (!current) throw notFound(resource, name);
  return update(context, resource, namespace, name, applyPatch(type, current, body), { ...options, patched: true });
}
