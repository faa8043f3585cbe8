/** Up to where the records of a partition are done with, whatever the order they are finished in. */
export class LowWater {
  readonly #partitions = new Map<number, { readonly open: Set<number>; next: number; told: number }>();

  /** Offsets of a partition rise. */
  begin(partition: number, offset: number): void {
    const found = this.#partitions.get(partition);
    if (found === undefined) {
      this.#partitions.set(partition, { open: new Set([offset]), next: offset + 1, told: -1 });
      return;
    }
    found.open.add(offset);
    found.next = offset + 1;
  }

  end(partition: number, offset: number): void {
    this.#partitions.get(partition)?.open.delete(offset);
  }

  /** Per partition where it has risen since it was last asked: the next record to read. */
  risen(): [partition: number, offset: number][] {
    const risen: [number, number][] = [];
    for (const [partition, state] of this.#partitions) {
      // A set gives what came first first.
      const [lowest = state.next] = state.open;
      if (lowest > state.told) risen.push([partition, lowest]);
      state.told = Math.max(state.told, lowest);
    }
    return risen;
  }

  /** It is another's now. */
  forget(partition: number): void {
    this.#partitions.delete(partition);
  }
}
