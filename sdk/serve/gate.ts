/** Lets in so many requests at once, and tells when the last one has left. */
export class Gate {
  readonly most: number;
  #inside = 0;
  #empty: (() => void)[] = [];

  constructor(most: number) {
    this.most = most;
  }

  get inside(): number {
    return this.#inside;
  }

  /** False: it is full. Who was let in must leave. */
  enter(): boolean {
    if (this.#inside >= this.most) return false;
    this.#inside++;
    return true;
  }

  leave(): void {
    this.#inside--;
    if (this.#inside === 0) for (const tell of this.#empty.splice(0)) tell();
  }

  /** Resolves when nobody is inside. */
  async empty(): Promise<void> {
    if (this.#inside > 0) await new Promise<void>((tell) => this.#empty.push(tell));
  }
}
