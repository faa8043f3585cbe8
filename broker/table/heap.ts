/** A binary heap: what is due first comes out first. */
export class Heap<T> {
  readonly #items: { at: number; item: T }[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** When the first item is due. */
  get first(): number | undefined {
    return this.#items[0]?.at;
  }

  push(at: number, item: T): void {
    const items = this.#items;
    let i = items.push({ at, item }) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]!.at <= at) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = { at, item };
  }

  /** The first item, if it is due by then. */
  popDue(now: number): T | undefined {
    const items = this.#items;
    const top = items[0];
    if (top === undefined || top.at > now) return undefined;
    const last = items.pop()!;
    if (items.length === 0) return top.item;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]!.at < items[child]!.at) child++;
      if (items[child]!.at >= last.at) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top.item;
  }
}
