import { spawn } from "node:child_process";
import type { Cluster } from "./cluster.ts";

export interface Forward {
  readonly url: string;
  close(): void;
}

/** `kubectl port-forward` to a port of a pod or Service. @throws with what it said, where it ends before it listens */
export function forward(cluster: Cluster, namespace: string, what: string, port: number): Promise<Forward> {
  const args = ["--kubeconfig", cluster.kubeconfig, "port-forward", "-n", namespace, what, `:${port}`];
  const child = spawn(cluster.kubectlFile, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  return new Promise((done, fail) => {
    const read = (chunk: Buffer) => {
      said += chunk;
      const local = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (local) done({ url: `http://127.0.0.1:${local}`, close: () => void child.kill() });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child
      .once("error", fail)
      .once("exit", (code) => fail(new Error(`kubectl port-forward ended with ${code}: ${said}`)));
  });
}
