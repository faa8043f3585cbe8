/** Writes what Kafka's protocol is made of into one growing buffer. */
export class ByteWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(size = 4096) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#at;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  int8(value: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = value & 0xff;
  }

  int16(value: number): void {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#room(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  uint32At(value: number, at: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  int64(value: number): void {
    this.#room(8);
    this.#at = this.#buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), this.#at);
    this.#at = this.#buffer.writeUInt32BE(value >>> 0, this.#at);
  }

  /** Zigzag, then seven bits a byte. Safe integers up to 2^31. */
  varint(value: number): void {
    this.#room(5);
    let left = ((value << 1) ^ (value >> 31)) >>> 0;
    while (left > 0x7f) {
      this.#buffer[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#buffer[this.#at++] = left;
  }

  /** A text with its length before it, in bytes of UTF-8. */
  varText(text: string, bytes = Buffer.byteLength(text)): void {
    this.varint(bytes);
    this.#room(bytes);
    // Faster than `write` where a text is short and ASCII, as most are.
    this.#at +=
      bytes === text.length ? this.#buffer.write(text, this.#at, "latin1") : this.#buffer.write(text, this.#at);
  }

  text(text: string | null): void {
    if (text === null) return this.int16(-1);
    const bytes = Buffer.byteLength(text);
    this.int16(bytes);
    this.#room(bytes);
    this.#at += this.#buffer.write(text, this.#at);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}

/** How many bytes `ByteWriter.varint` takes. */
export const varintSize = (value: number): number => {
  let left = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  while (left > 0x7f) {
    left >>>= 7;
    size += 1;
  }
  return size;
};

/** Reads what Kafka's protocol is made of. Reading past the end throws a RangeError. */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;
  readonly end: number;

  constructor(buffer: Buffer, at = 0, end = buffer.length) {
    this.buffer = buffer;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  int8(): number {
    return this.buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#take(4));
  }

  int64(): number {
    const at = this.#take(8);
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
  }

  /** Zigzag; exact up to 2^53, so it reads a varlong too. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.buffer[this.#take(1)]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Bytes with their length before them; null where it is negative. A view, no copy. */
  varBytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const at = this.#take(length);
    return this.buffer.subarray(at, at + length);
  }

  text(): string | null {
    const length = this.int16();
    if (length < 0) return null;
    const at = this.#take(length);
    return this.buffer.toString("utf8", at, at + length);
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  #take(bytes: number): number {
    const { at } = this;
    if (at + bytes > this.end) throw new RangeError("beyond the end of what was received");
    this.at = at + bytes;
    return at;
  }
}
