/** Cuts a stream of bytes into lines. On bytes, not text: a chunk may end inside of a character. */

const NEWLINE = 0x0a;

export class LineSplitter {
  #rest: Buffer[] = [];

  /** The lines that this chunk completes, without their ends; empty ones are left out. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const piece = chunk.subarray(from, end);
      // Joined once, when it is whole: a line may be megabytes in a thousand chunks.
      const line = this.#rest.length === 0 ? piece : Buffer.concat([...this.#rest, piece]);
      this.#rest = [];
      if (line.length > 0) lines.push(line);
      from = end + 1;
    }
    if (from < chunk.length) this.#rest.push(from === 0 ? chunk : chunk.subarray(from));
    return lines;
  }

  /** Bytes of a line whose end has not come. */
  get pending(): number {
    return this.#rest.reduce((sum, piece) => sum + piece.length, 0);
  }
}
