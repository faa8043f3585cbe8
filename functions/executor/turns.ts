/** One after the other for each name; different names at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  next<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined); // who asked for it is told
    this.#last.set(name, settled);
    void settled.then(() => {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    });
    return turn;
  }
}
