import { ABSENT, ANY, get, patch, post, put, remove, type Step } from "./step.ts";
import { failure, JSON_PATCH, MERGE, NS } from "./words.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const CLAIMS = "/apis/claims-{ns}.example/v1/claims";
const POD = `${NS}/pods/evicted`;

const claim = (metadata: object, holder: string, more: object = {}) => ({
  apiVersion: "claims-{ns}.example/v1",
  kind: "Claim",
  metadata: { name: "one", ...metadata },
  spec: { holder },
  ...more,
});
const modified = failure(409, "Conflict", /the object has been modified/);

/** Compare-and-swap, as the executor's claims go by it: one wins, whoever saw an older state loses. */
export const CLAIMING: readonly Step[] = [
  post(
    "a kind of claims, in no namespace",
    CRDS,
    {
      metadata: { name: "claims.claims-{ns}.example" },
      spec: {
        group: "claims-{ns}.example",
        scope: "Cluster",
        names: { plural: "claims", kind: "Claim" },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    },
    201,
  ),
  post(
    "creating is the claim",
    CLAIMS,
    claim({}, "a", { status: { phase: "No" } }),
    201,
    { status: ABSENT },
    {
      eventually: true,
      keep: { claimUid: "metadata.uid", claimed: "metadata.resourceVersion" },
    },
  ),
  post("and there is one", CLAIMS, claim({}, "b"), 409, failure(409, "AlreadyExists")),
  put(
    "the status is written over the state that was seen",
    `${CLAIMS}/one/status`,
    claim({ uid: "{claimUid}", resourceVersion: "{claimed}" }, "other", { status: { phase: "Acting" } }),
    200,
    { metadata: { generation: 1 }, spec: { holder: "a" }, status: { phase: "Acting" } },
    { keep: { acting: "metadata.resourceVersion" } },
  ),
  put(
    "and over no other",
    `${CLAIMS}/one/status`,
    claim({ uid: "{claimUid}", resourceVersion: "{claimed}" }, "a", { status: { phase: "Acting" } }),
    409,
    modified,
  ),
  put(
    "nor the claim itself",
    `${CLAIMS}/one`,
    claim({ uid: "{claimUid}", resourceVersion: "{claimed}" }, "b"),
    409,
    modified,
  ),
  put(
    "a status needs the version it replaces",
    `${CLAIMS}/one/status`,
    claim({}, "a", { status: { phase: "Acting" } }),
    422,
    failure(422, "Invalid", /metadata\.resourceVersion: Invalid value: 0: must be specified for an update/),
  ),
  put(
    "the next claim takes it over, its status stays",
    `${CLAIMS}/one`,
    claim({ uid: "{claimUid}", resourceVersion: "{acting}" }, "b"),
    200,
    { metadata: { generation: 2 }, spec: { holder: "b" }, status: { phase: "Acting" } },
    { keep: { taken: "metadata.resourceVersion" } },
  ),
  patch(
    "merge patch: another's uid and version",
    `${CLAIMS}/one`,
    MERGE,
    { metadata: { uid: "other", resourceVersion: "{acting}" }, spec: { holder: "c" } },
    409,
    modified,
  ),
  patch(
    "JSON patch: another version",
    `${CLAIMS}/one`,
    JSON_PATCH,
    [
      { op: "replace", path: "/spec/holder", value: "c" },
      { op: "replace", path: "/metadata/uid", value: "{claimUid}" },
      { op: "replace", path: "/metadata/resourceVersion", value: "{acting}" },
    ],
    409,
    modified,
  ),
  remove(
    "deleted only as it was seen",
    `${CLAIMS}/one`,
    { preconditions: { uid: "{claimUid}", resourceVersion: "{acting}" } },
    409,
    failure(409, "Conflict", /the ResourceVersion in the precondition/),
  ),
  remove("the claim goes", `${CLAIMS}/one`, { preconditions: { uid: "{claimUid}", resourceVersion: "{taken}" } }, 200),
  post("one of that name is another", CLAIMS, claim({}, "d"), 201),
  remove("and not the one that was seen", `${CLAIMS}/one`, { preconditions: { uid: "{claimUid}" } }, 409),
  put(
    "nor may it be written as that one",
    `${CLAIMS}/one`,
    claim({ uid: "{claimUid}", resourceVersion: "{taken}" }, "b"),
    409,
    failure(409, "Conflict"),
  ),
  remove("the definition goes", `${CRDS}/claims.claims-{ns}.example`, undefined, 200),
  post(
    "a pod that is guarded",
    `${NS}/pods`,
    {
      metadata: { name: "evicted", labels: { app: "guarded" } },
      spec: { nodeName: "nobody", containers: [{ name: "c", image: "e.example/c:1" }] },
    },
    201,
    ANY,
    { keep: { podUid: "metadata.uid" } },
  ),
  patch(
    "it runs",
    `${POD}/status`,
    MERGE,
    { status: { phase: "Running" } },
    200,
    { status: { phase: "Running" } },
    {
      keep: { podVersion: "metadata.resourceVersion" },
    },
  ),
  post(
    "its budget",
    "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
    { metadata: { name: "guard" }, spec: { minAvailable: 1, selector: { matchLabels: { app: "guarded" } } } },
    201,
  ),
  post(
    "is against its eviction",
    `${POD}/eviction`,
    eviction({ uid: "{podUid}" }),
    429,
    failure(429, "TooManyRequests", /disruption budget/),
  ),
  remove("without the budget", "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets/guard", undefined, 200),
  post("another pod of that name is not evicted", `${POD}/eviction`, eviction({ uid: "other" }), 409),
  post(
    "nor another state of it",
    `${POD}/eviction`,
    eviction({ uid: "{podUid}", resourceVersion: "1" }),
    409,
    failure(409, "Conflict"),
  ),
  post("the pod is", `${POD}/eviction`, eviction({ uid: "{podUid}" }), 201, { kind: "Status", status: "Success" }),
  get("and on its way out", POD, 200, { metadata: { deletionTimestamp: ANY } }),
  post("nobody cannot be evicted", `${NS}/pods/nobody/eviction`, eviction({}, "nobody"), 404, failure(404, "NotFound")),
  remove("at once", POD, { gracePeriodSeconds: 0 }, 200),
];

function eviction(preconditions: object, name = "evicted"): object {
  return {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace: "{ns}" },
    deleteOptions: { preconditions },
  };
}
