import { setTimeout as wait } from "node:timers/promises";
import { connect, findAccess, type KubeClient } from "#broker/kube/index.ts";
import { systemClock } from "#sdk/runtime/clock.ts";

/** ConfigMaps that are turned bad and good again. */
export class Changes {
  readonly #client: KubeClient;
  readonly #path: string;

  constructor(kubeconfig: string, namespace: string) {
    this.#client = connect(findAccess({ env: {}, kubeconfig })!, { clock: systemClock, random: Math.random });
    this.#path = `/api/v1/namespaces/${namespace}/configmaps`;
  }

  async create(count: number): Promise<void> {
    await eachAtOnce(count, 8, (i) =>
      this.#send("POST", this.#path, "application/json", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `config-${i}` },
        data: { bad: "false", ballast: "x".repeat(1_000) },
      }),
    );
  }

  /**
   * Those from `from` up to `to`.
   * @param rate per second; without one as fast as the API server takes them, eight at once
   */
  async turn(from: number, to: number, isBad: boolean, rate?: number): Promise<void> {
    const turn = (i: number) =>
      this.#send("PATCH", `${this.#path}/config-${from + i}`, "application/merge-patch+json", {
        data: { bad: String(isBad) },
      });
    const count = to - from;
    if (rate === undefined) return eachAtOnce(count, 8, turn);
    const begun = performance.now();
    const all: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      await wait(Math.max(0, begun + (i * 1_000) / rate - performance.now()));
      all.push(turn(i));
    }
    await Promise.all(all);
  }

  close(): void {
    this.#client.close();
  }

  async #send(method: string, path: string, type: string, body: object): Promise<void> {
    const { status, text } = await this.#client.request({
      method,
      path,
      headers: { "content-type": type },
      body: JSON.stringify(body),
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  }
}

async function eachAtOnce(count: number, atOnce: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
