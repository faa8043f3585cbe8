import { setTimeout as wait } from "node:timers/promises";
import type { Cluster } from "#test/e2e/support/cluster.ts";

const NODES = 100;
const DEPLOYMENTS = 100;

const node = (i: number) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: `bench-${i}`,
    annotations: { "kwok.x-k8s.io/node": "fake" },
    labels: { "kubernetes.io/hostname": `bench-${i}`, "topology.kubernetes.io/zone": `zone-${i % 3}` },
  },
  status: {
    allocatable: { cpu: "64", memory: "256Gi", pods: "250" },
    capacity: { cpu: "64", memory: "256Gi", pods: "250" },
  },
});

/** As real pods are: probes, environment, volumes, resources, labels. About 5 KB as JSON. */
const deployment = (i: number, replicas: number) => {
  const labels = { "app.kubernetes.io/name": `app-${i}`, "app.kubernetes.io/part-of": "bench", team: `team-${i % 7}` };
  const container = (name: string) => ({
    name,
    image: `registry.example.com/bench/${name}:1.${i}.0`,
    env: Array.from({ length: 6 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${n}-of-app-${i}` })),
    ports: [{ name: "http", containerPort: 8080 }],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 10 },
    livenessProbe: { httpGet: { path: "/livez", port: "http" }, periodSeconds: 10 },
    volumeMounts: [{ name: "config", mountPath: "/etc/app" }],
  });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `app-${i}`, namespace: "bench", labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { "example.com/config-hash": "0123456789abcdef".repeat(4) } },
        spec: {
          containers: [container("app")],
          volumes: [{ name: "config", emptyDir: {} }],
          tolerations: [{ operator: "Exists" }],
        },
      },
    },
  };
};

/** Fake nodes and so many running pods of Deployments. @throws where they do not run within five minutes */
export async function seedPods(cluster: Cluster, pods: number): Promise<void> {
  await cluster.apply(Array.from({ length: NODES }, (_, i) => node(i)));
  await cluster.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "bench" } }] as never);
  await cluster.apply(Array.from({ length: DEPLOYMENTS }, (_, i) => deployment(i, pods / DEPLOYMENTS)) as never);
  for (const end = Date.now() + 300_000; ; await wait(3_000)) {
    const text = await cluster.kubectl(
      ...["get", "deployments", "-n", "bench", "-o", "jsonpath={range .items[*]}{.status.readyReplicas} {end}"],
    );
    const ready = text.split(" ").reduce((sum, one) => sum + (Number(one) || 0), 0);
    if (ready >= pods) return;
    if (Date.now() > end) throw new Error(`${ready} of ${pods} pods run after five minutes`);
  }
}
