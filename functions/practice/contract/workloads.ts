import { ABSENT, ANY, get, patch, post, remove, type Step } from "./step.ts";
import { failure, MERGE, NS, STRATEGIC } from "./words.ts";

const APPS = "/apis/apps/v1/namespaces/{ns}/deployments";

const template = (image: string) => ({
  metadata: { labels: { app: "a" } },
  spec: {
    containers: [
      { name: "c", image },
      { name: "d", image: "e.example/d:1" },
    ],
  },
});
const deployment = {
  metadata: { name: "web" },
  spec: { replicas: 0, selector: { matchLabels: { app: "a" } }, template: template("e.example/c:1") },
};

/** What built-in kinds do to what they are given. */
export const WORKLOADS: readonly Step[] = [
  post("a workload's status is not the client's to make", APPS, { ...deployment, status: { replicas: 9 } }, 201, {
    apiVersion: "apps/v1",
    metadata: { generation: 1 },
    spec: { progressDeadlineSeconds: 600, strategy: { type: "RollingUpdate" } },
    status: { replicas: ABSENT },
  }),
  patch(
    "strategic merge goes into lists by their key",
    `${APPS}/web`,
    STRATEGIC,
    { spec: { template: { spec: { containers: [{ name: "c", image: "e.example/c:2" }] } } } },
    200,
    {
      metadata: { generation: 2 },
      spec: {
        template: {
          spec: {
            containers: [
              { name: "c", image: "e.example/c:2", terminationMessagePath: "/dev/termination-log" },
              { name: "d", image: "e.example/d:1" },
            ],
          },
        },
      },
    },
  ),
  patch(
    "and takes items out",
    `${APPS}/web`,
    STRATEGIC,
    { spec: { template: { spec: { containers: [{ name: "d", $patch: "delete" }] } } } },
    200,
    { metadata: { generation: 3 }, spec: { template: { spec: { containers: [{ name: "c" }] } } } },
  ),
  patch("metadata is not counted", `${APPS}/web`, MERGE, { metadata: { labels: { tier: "one" } } }, 200, {
    metadata: { generation: 3, labels: { tier: "one" } },
  }),
  patch(
    "status goes its own way",
    `${APPS}/web/status`,
    MERGE,
    { spec: { replicas: 5 }, status: { collisionCount: 3 } },
    200,
    { metadata: { generation: 3 }, spec: { replicas: 0 }, status: { collisionCount: 3 } },
  ),
  get("scale", `${APPS}/web/scale`, 200, {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    spec: { replicas: ABSENT },
    status: { replicas: 0, selector: "app=a" },
  }),
  post(
    "no template",
    APPS,
    { metadata: { name: "x" } },
    422,
    failure(
      422,
      "Invalid",
      /^Deployment\.apps "x" is invalid: \[spec\.selector: Required value, spec\.template\.metadata\.labels: Invalid value: null: `selector` does not match template `labels`, spec\.template\.spec\.containers: Required value\]$/,
    ),
  ),
  post(
    "other labels than its own",
    APPS,
    { metadata: { name: "x" }, spec: { selector: { matchLabels: { app: "b" } }, template: template("e.example/c:1") } },
    422,
    failure(
      422,
      "Invalid",
      'Deployment.apps "x" is invalid: spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ),
  ),
  post(
    "words where a number belongs",
    APPS,
    { metadata: { name: "x" }, spec: { replicas: "three" } },
    400,
    failure(
      400,
      "BadRequest",
      /^Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field/,
    ),
  ),
  post(
    "a node",
    "/api/v1/nodes",
    { metadata: { name: "{ns}" }, status: { conditions: [{ type: "Ready", status: "True" }] } },
    201,
    { status: { conditions: [{ type: "Ready", status: "True" }] } },
  ),
  patch(
    "conditions merge by type",
    "/api/v1/nodes/{ns}/status",
    STRATEGIC,
    {
      status: {
        conditions: [
          { type: "Ready", status: "False" },
          { type: "Odd", status: "True" },
        ],
      },
    },
    200,
    {
      status: {
        conditions: [
          { type: "Ready", status: "False" },
          { type: "Odd", status: "True" },
        ],
      },
    },
  ),
  patch(
    "not through the front door",
    "/api/v1/nodes/{ns}",
    STRATEGIC,
    { status: { conditions: [{ type: "Odd", status: "False" }] } },
    200,
    { status: { conditions: [{ type: "Ready" }, { type: "Odd", status: "True" }] } },
  ),
  patch(
    "taints are set",
    "/api/v1/nodes/{ns}",
    STRATEGIC,
    { spec: { unschedulable: true, taints: [{ key: "e.example/a", effect: "NoSchedule" }] } },
    200,
    { spec: { unschedulable: true } },
  ),
  patch(
    "taints are replaced whole",
    "/api/v1/nodes/{ns}",
    STRATEGIC,
    { spec: { taints: [{ key: "e.example/b", effect: "NoSchedule" }] } },
    200,
    { spec: { taints: [{ key: "e.example/b" }] } },
  ),
  remove("the node goes", "/api/v1/nodes/{ns}", undefined, 200, {
    kind: "Status",
    status: "Success",
    details: { name: "{ns}", kind: "nodes", uid: ANY },
  }),
  post(
    "an empty service",
    `${NS}/services`,
    { metadata: { name: "s" }, spec: { selector: { app: "nobody" }, ports: [{ port: 80 }] } },
    201,
    {
      spec: {
        type: "ClusterIP",
        clusterIP: ANY,
        clusterIPs: [ANY],
        ports: [{ protocol: "TCP", port: 80, targetPort: 80 }],
        sessionAffinity: "None",
      },
      status: { loadBalancer: {} },
    },
  ),
  post(
    "a name elsewhere",
    `${NS}/services`,
    { metadata: { name: "t" }, spec: { type: "ExternalName", externalName: "e.example" } },
    201,
    { spec: { clusterIP: ABSENT } },
  ),
];
