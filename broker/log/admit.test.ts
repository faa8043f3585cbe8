import { describe, expect, it } from "vitest";
import { admit, LIMITS } from "./admit.ts";
import type { NewRecord } from "./log.ts";

const record = (change: Partial<Record<keyof NewRecord, unknown>> = {}): NewRecord =>
  ({ topic: "t", key: "k", headers: {}, value: "v", ...change }) as NewRecord;

const refusal = (...records: NewRecord[]): string | undefined => {
  try {
    admit(records);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("admit", () => {
  it("takes what lies exactly at a limit, in bytes of UTF-8, and refuses one byte more", () => {
    const at = (bytes: number) => `é${"x".repeat(bytes - 2)}`;
    for (const part of ["key", "value"] as const) {
      expect(refusal(record({ [part]: at(LIMITS[part]) }))).toBeUndefined();
      expect(refusal(record({ [part]: at(LIMITS[part] + 1) }))).toBe("log-record-too-large");
    }
    expect(refusal(record({ headers: { n: at(LIMITS.headers - 1) } }))).toBeUndefined();
    expect(refusal(record({ headers: { n: at(LIMITS.headers) } }))).toBe("log-record-too-large");
    expect(refusal(record({ topic: "t".repeat(LIMITS.topic) }))).toBeUndefined();
    expect(refusal(record({ topic: "t".repeat(LIMITS.topic + 1) }))).toBe("log-record-invalid");
  });

  it("bounds the whole append, in bytes and in records", () => {
    const largest = record({ value: "x".repeat(LIMITS.value) });
    const some = Array.from({ length: LIMITS.append / LIMITS.value }, () => largest);
    expect(refusal(...some.slice(1), record())).toBeUndefined();
    expect(refusal(...some)).toBe("log-append-too-large");
    expect(refusal(...Array.from({ length: LIMITS.records }, () => record()))).toBeUndefined();
    expect(refusal(...Array.from({ length: LIMITS.records + 1 }, () => record()))).toBe("log-append-too-large");
  });

  it.each([
    { topic: "" },
    { topic: "a b" },
    { topic: "~offsets" },
    { topic: "ä" },
    { topic: undefined },
    { key: null },
    { value: undefined },
    { value: {} },
    { headers: { a: 1 } },
    { headers: JSON.parse('{"__proto__":"x"}') },
  ])("refuses %j", (change) => {
    expect(refusal(record(change))).toBe("log-record-invalid");
    expect(refusal(record(), record(change))).toBe("log-record-invalid");
  });

  it("names what is wrong and how to mend it", () => {
    expect(() => admit([record({ value: "x".repeat(LIMITS.value + 1) })])).toThrow(
      "The value of a record of topic t has 4194305 bytes, at most 4194304 are accepted: say less in it, or split it.",
    );
  });
});
