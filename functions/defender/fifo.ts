/** First in, first out; both ends cost the same however long it is (a Map's front, or an array's, does not). */
export class Fifo<T> implements Iterable<T> {
  #items: T[];
  #head = 0;

  constructor(items: Iterable<T> = []) {
    this.#items = [...items];
  }

  get first(): T | undefined {
    return this.#items[this.#head];
  }

  get second(): T | undefined {
    return this.#items[this.#head + 1];
  }

  get last(): T | undefined {
    return this.size > 0 ? this.#items.at(-1) : undefined;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  drop(): void {
    this.#head += 1;
    if (this.#head < 1024 || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  /** From the last to the first. */
  *newest(): Generator<T> {
    for (let at = this.#items.length - 1; at >= this.#head; at--) yield this.#items[at]!;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at]!;
  }
}
