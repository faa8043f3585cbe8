import type { ClusterView, Nodes, PartitionPlace } from "./nodes.ts";

/** Who leads which partition, as far as is known; asked again when someone finds it wrong. */
export class Leaders {
  readonly #nodes: Pick<Nodes, "view">;
  readonly #topics = new Map<string, readonly PartitionPlace[] | undefined>();
  #asking: Promise<void> | undefined;
  #isStale = false;

  constructor(nodes: Pick<Nodes, "view">) {
    this.#nodes = nodes;
  }

  /** The partitions of a topic that is there. */
  async partitions(topic: string): Promise<number | undefined> {
    await this.#know(topic);
    return this.#topics.get(topic)?.length;
  }

  /** The node that leads a partition; undefined = none does at present, or the topic is gone. */
  async leader(topic: string, partition: number): Promise<number | undefined> {
    await this.#know(topic);
    const leader = this.#topics.get(topic)?.[partition]?.leader ?? -1;
    if (leader < 0) this.stale();
    return leader < 0 ? undefined : leader;
  }

  /** What is known of it without asking; undefined = ask. */
  known(topic: string, partition: number): number | undefined {
    if (this.#isStale) return undefined;
    const leader = this.#topics.get(topic)?.[partition]?.leader ?? -1;
    return leader < 0 ? undefined : leader;
  }

  /** What is known may be wrong. */
  stale(): void {
    this.#isStale = true;
  }

  async #know(topic: string): Promise<void> {
    if (!this.#topics.has(topic)) {
      this.#topics.set(topic, undefined);
      this.#isStale = true;
    }
    while (this.#isStale || this.#asking !== undefined) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
  }

  async #ask(): Promise<void> {
    this.#isStale = false;
    try {
      const { topics }: ClusterView = await this.#nodes.view([...this.#topics.keys()]);
      for (const topic of this.#topics.keys()) this.#topics.set(topic, topics.get(topic));
    } catch (e) {
      this.#isStale = true;
      throw e;
    }
  }
}
