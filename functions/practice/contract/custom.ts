import { ABSENT, ANY, get, patch, post, remove, type Step } from "./step.ts";
import { failure, MERGE, map, STRATEGIC } from "./words.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
const WIDGETS = "/apis/{ns}.example/v1/namespaces/{ns}/widgets";

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.{ns}.example" },
  spec: {
    group: "{ns}.example",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wg"] },
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
};
const widget = (name: string, more: object = {}) => ({
  apiVersion: "{ns}.example/v1",
  kind: "Widget",
  metadata: { name, ...more },
  spec: { size: 1 },
  status: { ready: true },
});

/** Kinds that are added to the API, and taken away. */
export const CUSTOM: readonly Step[] = [
  post("a definition", CRDS, definition, 201, {
    spec: { names: { singular: "widget", listKind: "WidgetList" }, conversion: { strategy: "None" } },
  }),
  get(
    "is established",
    `${CRDS}/widgets.{ns}.example`,
    200,
    {
      status: {
        conditions: [
          { type: "NamesAccepted", status: "True" },
          { type: "Established", status: "True" },
        ],
        acceptedNames: { kind: "Widget" },
        storedVersions: ["v1"],
      },
    },
    { eventually: true },
  ),
  get(
    "and served",
    "/apis/{ns}.example/v1",
    200,
    {
      kind: "APIResourceList",
      groupVersion: "{ns}.example/v1",
      resources: [
        { name: "widgets", kind: "Widget", namespaced: true, shortNames: ["wg"] },
        { name: "widgets/status" },
      ],
    },
    { eventually: true },
  ),
  get(
    "as an APIService",
    `${SERVICES}/v1.{ns}.example`,
    200,
    {
      spec: { group: "{ns}.example", version: "v1", service: ABSENT },
      status: { conditions: [{ type: "Available", status: "True", reason: "Local" }] },
    },
    { eventually: true },
  ),
  post(
    "a widget",
    WIDGETS,
    widget("one"),
    201,
    { apiVersion: "{ns}.example/v1", kind: "Widget", metadata: { generation: 1 }, spec: { size: 1 }, status: ABSENT },
    { eventually: true },
  ),
  post(
    "a widget that does not say what it is",
    WIDGETS,
    map("two"),
    400,
    failure(400, "BadRequest", /Object 'Kind' is missing/),
  ),
  patch(
    "its status has a door of its own",
    `${WIDGETS}/one/status`,
    MERGE,
    { spec: { size: 5 }, status: { ready: true } },
    200,
    { metadata: { generation: 1 }, spec: { size: 1 }, status: { ready: true } },
  ),
  patch(
    "which the front one is not",
    `${WIDGETS}/one`,
    MERGE,
    { spec: { size: 2 }, status: { ready: false }, metadata: { finalizers: ["e.example/f"] } },
    200,
    { metadata: { generation: 2 }, spec: { size: 2 }, status: { ready: true } },
  ),
  patch(
    "custom objects know no strategic merge",
    `${WIDGETS}/one`,
    STRATEGIC,
    {},
    415,
    failure(415, "UnsupportedMediaType"),
  ),
  get("in a list they say what they are", WIDGETS, 200, {
    kind: "WidgetList",
    apiVersion: "{ns}.example/v1",
    items: [{ kind: "Widget", apiVersion: "{ns}.example/v1", metadata: { name: "one" } }],
  }),
  remove("the definition is deleted", `${CRDS}/widgets.{ns}.example`, undefined, 200, {
    kind: "CustomResourceDefinition",
    metadata: { deletionTimestamp: ANY, finalizers: ["customresourcecleanup.apiextensions.k8s.io"] },
  }),
  get(
    "its objects go first",
    `${CRDS}/widgets.{ns}.example`,
    200,
    {
      status: {
        conditions: [
          { type: "NamesAccepted" },
          { type: "Established", status: "True" },
          { type: "Terminating", status: "True", reason: "InstanceDeletionInProgress" },
        ],
      },
    },
    { eventually: true },
  ),
  get(
    "one of them waits",
    WIDGETS,
    200,
    { items: [{ metadata: { name: "one", deletionTimestamp: ANY, generation: 3 } }] },
    { eventually: true },
  ),
  post(
    "none may join",
    WIDGETS,
    widget("two"),
    403,
    failure(
      403,
      "Forbidden",
      'widgets.{ns}.example "two" is forbidden: create not allowed while custom resource definition is terminating',
    ),
    { eventually: true },
  ),
  get(
    "verbs are fewer",
    "/apis/{ns}.example/v1",
    200,
    { resources: [{ verbs: ["delete", "deletecollection", "get", "list", "watch"] }, ANY] },
    { eventually: true },
  ),
  patch("the widget is let go", `${WIDGETS}/one`, MERGE, { metadata: { finalizers: null } }, 200),
  get("the definition is gone", `${CRDS}/widgets.{ns}.example`, 404, ANY, { eventually: true }),
  get("nothing is served", WIDGETS, 404, ANY, { eventually: true }),
  get("no APIService is left", `${SERVICES}/v1.{ns}.example`, 404, ANY, { eventually: true }),
  post(
    "a service that nobody runs",
    SERVICES,
    {
      metadata: { name: "v1.away-{ns}.example" },
      spec: {
        group: "away-{ns}.example",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "nobody", namespace: "{ns}" },
      },
    },
    201,
    { spec: { service: { port: 443 } } },
  ),
  get(
    "has a group",
    "/apis/away-{ns}.example",
    200,
    { kind: "APIGroup", name: "away-{ns}.example" },
    { eventually: true },
  ),
  get("that does not answer", "/apis/away-{ns}.example/v1", 503, /^service unavailable/, { eventually: true }),
  remove("it goes", `${SERVICES}/v1.away-{ns}.example`, undefined, 200),
];
