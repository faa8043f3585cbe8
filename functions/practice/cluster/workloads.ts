import { type Wanted, wanted } from "../controllers/steward.ts";
import { type App, containerOf, deployment, imageOf, service } from "./builders.ts";
import { OWNER } from "./namespaces.ts";

const APPS = {
  storefront: { name: "storefront", namespace: "shop", replicas: 10, version: "4.2.0", port: 8080, cpu: "200m" },
  cart: { name: "cart", namespace: "shop", replicas: 3, version: "2.7.1", port: 8080 },
  checkout: { name: "checkout", namespace: "shop", replicas: 3, version: "3.0.4", port: 8080 },
  search: { name: "search", namespace: "shop", replicas: 3, version: "1.9.0", port: 9200, cpu: "500m", memory: "1Gi" },
  recommendations: {
    name: "recommendations",
    namespace: "shop",
    replicas: 3,
    version: "0.8.0",
    port: 8080,
    memory: "512Mi",
  },
  oldStorefront: { name: "old-storefront", namespace: "shop", replicas: 0, version: "3.9.9", port: 8080 },
  gateway: { name: "gateway", namespace: "payments", replicas: 5, version: "5.1.0", port: 8443 },
  ledger: { name: "ledger-api", namespace: "payments", replicas: 3, version: "2.2.0", port: 8080 },
  fraud: {
    name: "fraud-check",
    namespace: "payments",
    replicas: 2,
    version: "1.4.2",
    port: 8080,
    labels: { [OWNER]: "team-risk" },
  },
  cache: { name: "cache", namespace: "data", replicas: 2, version: "7.4.0", port: 6379, memory: "2Gi" },
  webhook: { name: "admission-webhook", namespace: "platform", replicas: 2, version: "1.1.0", port: 8443 },
} as const satisfies Record<string, App>;

const postgres: App = {
  name: "postgres",
  namespace: "data",
  replicas: 3,
  version: "17.2.0",
  port: 5432,
  cpu: "1",
  memory: "4Gi",
};

const statefulSet: Wanted = wanted("apps/v1/StatefulSet", {
  metadata: { name: postgres.name, namespace: postgres.namespace, labels: { app: postgres.name } },
  spec: {
    replicas: postgres.replicas,
    serviceName: postgres.name,
    selector: { matchLabels: { app: postgres.name } },
    template: {
      metadata: { labels: { app: postgres.name } },
      spec: {
        containers: [{ ...containerOf(postgres), volumeMounts: [{ name: "data", mountPath: "/var/lib/postgresql" }] }],
        nodeSelector: { "node.kubernetes.io/pool": "memory" },
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage: "20Gi" } },
        },
      },
    ],
  },
});

/** A container that ends by itself. */
const once = (name: string, version: string) => ({
  restartPolicy: "Never",
  containers: [
    { name, image: imageOf(name, version), command: ["true"], resources: { requests: { cpu: "50m", memory: "64Mi" } } },
  ],
});

const jobs: readonly Wanted[] = [
  wanted("batch/v1/Job", {
    metadata: { name: "migrate-orders", namespace: "shop" },
    spec: { template: { spec: once("migrate-orders", "1.0.2") } },
  }),
  wanted("batch/v1/CronJob", {
    metadata: { name: "reports", namespace: "data" },
    spec: {
      schedule: "*/2 * * * *",
      successfulJobsHistoryLimit: 2,
      jobTemplate: { spec: { template: { spec: once("reports", "2.0.0") } } },
    },
  }),
];

/** Everything the teams run; each part is there to be looked at, none of it is wrong. */
export const WORKLOADS: readonly Wanted[] = [
  ...Object.values(APPS).map(deployment),
  ...[
    APPS.storefront,
    APPS.cart,
    APPS.checkout,
    APPS.search,
    APPS.recommendations,
    APPS.gateway,
    APPS.ledger,
    APPS.fraud,
    APPS.cache,
    APPS.webhook,
  ].map((app) => service(app)),
  // A database finds its peers before they are ready.
  service(postgres, { clusterIP: "None", publishNotReadyAddresses: true }),
  service(APPS.storefront, { clusterIP: "None" }, "storefront-peers"),
  wanted("v1/Service", {
    metadata: { name: "mail", namespace: "shop" },
    spec: { type: "ExternalName", externalName: "mail.example.com" },
  }),
  statefulSet,
  ...jobs,
  wanted("autoscaling/v2/HorizontalPodAutoscaler", {
    metadata: { name: "storefront", namespace: "shop" },
    spec: {
      minReplicas: 4,
      maxReplicas: 20,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "storefront" },
    },
    status: {
      currentReplicas: 10,
      desiredReplicas: 10,
      conditions: [{ type: "ScalingLimited", status: "False", reason: "DesiredWithinRange" }],
      currentMetrics: [],
    },
  }),
  wanted("policy/v1/PodDisruptionBudget", {
    metadata: { name: "gateway", namespace: "payments" },
    spec: { minAvailable: 3, selector: { matchLabels: { app: "gateway" } } },
    status: { currentHealthy: 5, desiredHealthy: 3, disruptionsAllowed: 2, expectedPods: 5, observedGeneration: 1 },
  }),
  wanted("v1/Secret", {
    metadata: { name: "gateway-key", namespace: "payments" },
    stringData: { key: "not a real one" },
  }),
];
