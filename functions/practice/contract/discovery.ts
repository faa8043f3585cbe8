import { ABSENT, ANY, get, type Step } from "./step.ts";
import { failure } from "./words.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** What is served. */
export const DISCOVERY: readonly Step[] = [
  get("version", "/version", 200, { major: "1", gitVersion: /^v1\./ }),
  get("alive", "/livez", 200, /^ok$/),
  get("ready", "/readyz", 200, /^ok$/),
  get("core versions", "/api", 200, { kind: "APIVersions", versions: ["v1"] }),
  get("groups", "/apis", 200, { kind: "APIGroupList", apiVersion: "v1", groups: ANY }),
  get("one group", "/apis/apps", 200, {
    kind: "APIGroup",
    name: "apps",
    preferredVersion: { groupVersion: "apps/v1", version: "v1" },
  }),
  get("resources of a version", "/apis/apps/v1", 200, {
    kind: "APIResourceList",
    groupVersion: "apps/v1",
    resources: ANY,
  }),
  get(
    "everything at once",
    "/apis",
    200,
    { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", items: ANY },
    { accept: AGGREGATED },
  ),
  get(
    "core at once",
    "/api",
    200,
    {
      kind: "APIGroupDiscoveryList",
      items: [{ metadata: { name: ABSENT }, versions: [{ version: "v1", freshness: "Current" }] }],
    },
    { accept: AGGREGATED },
  ),
  get("an unknown group", "/apis/nobody.example", 404, /404 page not found/),
  get(
    "an unknown version",
    "/apis/apps/v9",
    404,
    failure(404, "NotFound", "the server could not find the requested resource"),
  ),
  get(
    "an unknown resource",
    "/api/v1/trains",
    404,
    failure(404, "NotFound", "the server could not find the requested resource"),
  ),
  get("an unknown path", "/nowhere", 404, /404 page not found/),
  get("a name without its namespace", "/apis/apps/v1/deployments/web", 404, failure(404, "NotFound")),
];
