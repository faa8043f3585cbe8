/** The peer: client-node's own list of pods, in pages. */
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { costOf } from "../process-cost.ts";

const config = new KubeConfig();
config.loadFromFile(process.argv[2]!);
const api = config.makeApiClient(CoreV1Api);
const pods: unknown[] = [];
let token: string | undefined;
do {
  const { items, metadata } = await api.listPodForAllNamespaces({ limit: 250, ...(token && { _continue: token }) });
  // Kept, as its informer would.
  pods.push(...items);
  token = metadata?._continue;
} while (token);
process.stdout.write(`${JSON.stringify({ objects: pods.length, ...costOf("self") })}\n`);
