import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "./lines.ts";

const split = (chunks: readonly Buffer[]) => {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(chunk)).map(String);
  return { lines, pending: splitter.pending };
};

describe("LineSplitter", () => {
  const text = '{"a":"é"}\n{"b":"日本 🚀"}\n\n{"c":1}\n';

  it("gives the same lines wherever the stream is cut, inside of characters too", () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at++) {
      const { lines, pending } = split([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(lines).toEqual(['{"a":"é"}', '{"b":"日本 🚀"}', '{"c":1}']);
      expect(pending).toBe(0);
    }
  });

  it("gives the same lines byte by byte", () => {
    expect(split([...Buffer.from(text)].map((byte) => Buffer.from([byte]))).lines).toHaveLength(3);
  });

  it("holds back a line that has not ended, and says how long it is", () => {
    expect(split([Buffer.from("whole\nhal"), Buffer.from("f")])).toEqual({ lines: ["whole"], pending: 4 });
  });

  it("joins what any chunks hold", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 })), fc.array(fc.nat(40)), (words, cuts) => {
        const lines = words.map((word) => word.replaceAll("\n", " "));
        let rest = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const chunks: Buffer[] = [];
        for (const cut of cuts) {
          chunks.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        expect(split([...chunks, rest])).toEqual({ lines, pending: 0 });
      }),
    );
  });
});
