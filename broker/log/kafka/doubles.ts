import { randomBytes } from "node:crypto";

/** The header by which a record that a retried send stored twice is known. Readers of the log do not see it. */
export const MARK = "roundsman-append";

const NUMBER = /^\d{1,15}$/;

/** Gives every record that one writer appends a mark: its own name and a number that rises. */
export const marker = (writer = randomBytes(6).toString("base64url")): (() => string) => {
  let next = 0;
  return () => `${writer}.${next++}`;
};

/**
 * Knows doubles in one partition. A writer has one unacknowledged send per partition and sends it again until it is
 * acknowledged, so in a partition its numbers rise: what does not rise was stored before. That is exact, where a window of
 * (source, id) would also drop what was sent anew on purpose, such as a check that stayed unanswered.
 */
export class Doubles {
  readonly #last = new Map<string, number>();
  readonly #writers: number;

  /** Remembers so many writers, those heard last. */
  constructor(writers = 1000) {
    this.#writers = writers;
  }

  /** Whether a record with this mark was seen before; it is now. */
  seen(mark: string): boolean {
    const dot = mark.lastIndexOf(".");
    const [writer, text] = [mark.slice(0, dot), mark.slice(dot + 1)];
    if (dot < 1 || !NUMBER.test(text)) return false;
    const number = Number(text);
    const last = this.#last.get(writer);
    if (last !== undefined && number <= last) return true;
    this.#last.delete(writer);
    this.#last.set(writer, number);
    if (this.#last.size > this.#writers) this.#last.delete(this.#last.keys().next().value!);
    return false;
  }
}
