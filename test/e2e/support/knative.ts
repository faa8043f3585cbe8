import { request } from "undici";
import type { Cluster } from "./cluster.ts";
import type { Obj } from "./objects.ts";

/** Where the test bed's ingress answers for every Service of Knative, also for those that are for the cluster alone. */
const INGRESS = `http://198.18.0.1:${process.env.INGRESS_PORT ?? 28080}`;

/** A function on Knative, as who sends it events sees it. */
export class KnativeFunction {
  readonly #cluster: Cluster;
  readonly name: string;
  readonly namespace: string;

  constructor(cluster: Cluster, namespace: string, name: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
    this.name = name;
  }

  async ready(): Promise<void> {
    const of = [`ksvc/${this.name}`, "-n", this.namespace, "--timeout=120s"];
    await this.#cluster.kubectl("wait", "--for=condition=Ready", ...of);
  }

  async post(body: string, headers: Record<string, string>) {
    const answer = await request(INGRESS, {
      method: "POST",
      body,
      headers: { ...headers, host: `${this.name}.${this.namespace}.svc.cluster.local` },
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  /** Its pods, those that are ending too. */
  async pods(): Promise<readonly string[]> {
    const label = `serving.knative.dev/service=${this.name}`;
    const names = await this.#cluster.kubectl("get", "pods", "-n", this.namespace, "-l", label, "-o", "name");
    return names.split("\n").filter(Boolean);
  }

  /** @throws where it has pods */
  async resting(): Promise<void> {
    const pods = await this.pods();
    if (pods.length > 0) throw new Error(`${this.name} has ${pods.length}: ${pods}`);
  }
}

/** A Service that does nothing but answer, by node:http alone: the floor of a start on this cluster. */
export const bareService = (namespace: string, name: string, image: string, annotations: object): Obj => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name, namespace, labels: { "networking.knative.dev/visibility": "cluster-local" } },
  spec: {
    template: {
      metadata: { annotations },
      spec: {
        enableServiceLinks: false,
        containers: [
          {
            image,
            readinessProbe: { tcpSocket: { port: 0 }, periodSeconds: 1 },
            resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "768Mi" } },
          },
        ],
      },
    },
  },
});

export const BARE = `import { createServer } from "node:http";
createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => { body += chunk; });
  request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(JSON.parse(body))));
}).listen(process.env.PORT);
process.on("SIGTERM", () => process.exit());
`;
