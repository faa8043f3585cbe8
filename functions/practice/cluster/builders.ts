import { type Wanted, wanted } from "../controllers/steward.ts";

/** What the practice cluster's workloads have in common. */
export interface App {
  readonly name: string;
  readonly namespace: string;
  readonly replicas: number;
  readonly version?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly port?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An image that a practice node can "pull". */
export const imageOf = (name: string, version = "1.0.0"): string => `registry.practice.example/${name}:${version}`;

export const containerOf = ({ name, version, cpu = "100m", memory = "128Mi", port }: App) => ({
  name,
  image: imageOf(name, version),
  ...(port !== undefined && { ports: [{ name: "http", containerPort: port, protocol: "TCP" }] }),
  resources: { requests: { cpu, memory }, limits: { memory } },
});

/** The labels that a workload's pods carry and its service selects. */
const labelsOf = ({ name }: App) => ({ app: name });

export function deployment(app: App): Wanted {
  const labels = labelsOf(app);
  return wanted("apps/v1/Deployment", {
    metadata: { name: app.name, namespace: app.namespace, labels: { ...labels, ...app.labels } },
    spec: {
      replicas: app.replicas,
      revisionHistoryLimit: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [containerOf(app)] } },
    },
  });
}

export function service(app: App, more: Readonly<Record<string, unknown>> = {}, name = app.name): Wanted {
  const ports = [{ name: "http", port: 80, targetPort: app.port ?? 8080, protocol: "TCP" }];
  return wanted("v1/Service", {
    metadata: { name, namespace: app.namespace, labels: labelsOf(app) },
    spec: { selector: labelsOf(app), ports, ...more },
  });
}
