/** The peer: client-node's informer on the configmaps of one namespace. Says how many changes it has seen when asked. */
import { createInterface } from "node:readline";
import { CoreV1Api, KubeConfig, makeInformer } from "@kubernetes/client-node";
import { costOf } from "../process-cost.ts";

const [, , kubeconfig, namespace] = process.argv as [string, string, string, string];
const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const api = config.makeApiClient(CoreV1Api);
let changes = 0;
const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
  api.listNamespacedConfigMap({ namespace }),
);
informer.on("update", () => {
  changes++;
});
informer.on("error", (e) => {
  process.stderr.write(`${e}\n`);
  process.exit(1);
});
await informer.start();
const say = () => process.stdout.write(`${JSON.stringify({ changes, ...costOf("self") })}\n`);
say();
for await (const _ of createInterface({ input: process.stdin })) say();
