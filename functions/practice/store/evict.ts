import { isRecord, type KubeObject } from "./object.ts";
import { type RemoveOptions, remove } from "./remove.ts";
import type { Resource } from "./resources.ts";
import { selects } from "./selectors.ts";
import { ApiError, badRequest, notFound } from "./status.ts";
import type { Store } from "./store.ts";

const BUDGETS = "poddisruptionbudgets.policy";

const isReady = ({ status }: KubeObject): boolean =>
  (status?.conditions ?? []).some((c: { type: string; status: string }) => c.type === "Ready" && c.status === "True");

/** A number, or a share of all in percent, rounded up as the disruption controller does. */
const count = (value: unknown, all: number): number =>
  typeof value === "string" ? Math.ceil((Number.parseInt(value, 10) * all) / 100) : Number(value);

/** How many more may go; a real cluster's controller writes it into the budget's status. */
function allowed({ objects }: Store, { metadata, spec }: KubeObject): number {
  const pods = objects.list("pods", metadata.namespace).filter((pod) => selects(spec?.selector?.matchLabels, pod));
  const healthy = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
  const wanted =
    spec?.minAvailable === undefined
      ? pods.length - count(spec?.maxUnavailable ?? 0, pods.length)
      : count(spec.minAvailable, pods.length);
  return healthy - wanted;
}

/** What is not running, or on its way out, is no disruption. */
const isFree = ({ status, metadata }: KubeObject): boolean =>
  ["Pending", "Succeeded", "Failed"].includes(status?.phase) || metadata.deletionTimestamp !== undefined;

/** Deletes a pod where no budget is against it. */
export function evict(store: Store, resource: Resource, namespace: string | undefined, name: string, body: unknown) {
  const pod = store.objects.get(resource.id, namespace, name);
  if (!pod) throw notFound(resource, name);
  if (!isRecord(body) || body.kind !== "Eviction") throw badRequest("the object provided is not an Eviction");
  if (isRecord(body.metadata) && body.metadata.name !== name)
    throw badRequest(`name in URL does not match name in Eviction object: "${name}" vs "${body.metadata.name}"`);
  const budgets = store.objects
    .list(BUDGETS, namespace)
    .filter(({ spec }) => selects(spec?.selector?.matchLabels, pod));
  if (budgets.length > 1 && !isFree(pod))
    throw new ApiError(
      500,
      undefined,
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  const [budget] = budgets;
  if (budget && !isFree(pod) && allowed(store, budget) <= 0)
    throw new ApiError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: "DisruptionBudget",
          message: `The disruption budget ${budget.metadata.name} needs more healthy pods`,
        },
      ],
    });
  remove(store, resource, namespace, name, (body.deleteOptions ?? {}) as RemoveOptions);
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}
