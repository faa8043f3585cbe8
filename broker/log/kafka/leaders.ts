import type { Nodes, PartitionPlace } from "./nodes.ts";

/** Who leads which partition, as far as is known; asked again when someone finds it wrong. */
export class Leaders {
  readonly #nodes: Pick<Nodes, "view">;
  readonly #topics = new Map<string, readonly PartitionPlace[] | undefined>();
  readonly #refused = new Map<string, Error>();
  #asking: Promise<void> | undefined;
  #isStale = false;
  /** Questions that were begun, and the latest that was answered. */
  #begun = 0;
  #answered = 0;

  constructor(nodes: Pick<Nodes, "view">) {
    this.#nodes = nodes;
  }

  /** The partitions of a topic that is there. */
  async partitions(topic: string): Promise<number | undefined> {
    if (this.#isStale || this.#topics.get(topic) === undefined) await this.#ask(topic);
    return this.#topics.get(topic)?.length;
  }

  /** The node that leads a partition; undefined = none does at present, or the topic is gone. */
  async leader(topic: string, partition: number): Promise<number | undefined> {
    const known = this.known(topic, partition);
    if (known !== undefined) return known;
    await this.#ask(topic);
    return this.#leader(topic, partition);
  }

  /** What is known of it without asking; undefined = ask. */
  known(topic: string, partition: number): number | undefined {
    return this.#isStale ? undefined : this.#leader(topic, partition);
  }

  /** What is known may be wrong. */
  stale(): void {
    this.#isStale = true;
  }

  #leader(topic: string, partition: number): number | undefined {
    const leader = this.#topics.get(topic)?.[partition]?.leader ?? -1;
    return leader < 0 ? undefined : leader;
  }

  /** Returns when a question that was begun after this call is answered: many who ask at once share one. */
  async #ask(topic: string): Promise<void> {
    if (!this.#topics.has(topic)) this.#topics.set(topic, undefined);
    const before = this.#begun;
    while (this.#answered <= before) {
      this.#asking ??= this.#look().finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    const refused = this.#refused.get(topic);
    if (refused !== undefined) throw refused;
  }

  async #look(): Promise<void> {
    this.#begun += 1;
    const number = this.#begun;
    this.#isStale = false;
    try {
      const { topics, refused } = await this.#nodes.view([...this.#topics.keys()]);
      for (const topic of this.#topics.keys()) this.#topics.set(topic, topics.get(topic));
      this.#refused.clear();
      for (const [topic, error] of refused) this.#refused.set(topic, error);
      this.#answered = number;
    } catch (e) {
      this.#isStale = true;
      throw e;
    }
  }
}
