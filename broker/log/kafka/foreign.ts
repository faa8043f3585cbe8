import { isUtf8 } from "node:buffer";
import { decodeKafka } from "#sdk/event/kafka.ts";
import { toRecord } from "#sdk/event/record.ts";
import type { NewRecord } from "../log.ts";

/** A record as others may have written it. */
export interface ForeignRecord {
  readonly key: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  readonly value: Buffer | null;
}

type Texts = Pick<NewRecord, "key" | "headers" | "value">;

/** What no reader takes for an event, with the bytes kept for whoever looks at it as a dead letter. */
const UNREADABLE = { "content-type": "application/cloudevents+json", "roundsman-bytes": "base64" };

/**
 * A record in texts, which are all that the log holds. An event whose payload is bytes becomes an event in structured mode;
 * what is no event of ours (a header twice, bytes that are no UTF-8) is refused by every reader, and has its bytes in base64.
 */
export const foreignTexts = ({ key, headers, value }: ForeignRecord): Texts => {
  const keyText = key?.toString() ?? "";
  const isText = [key, value, ...headers.map(([, bytes]) => bytes)].every((bytes) => bytes === null || isUtf8(bytes));
  const names = headers.map(([name]) => name);
  const isPlain = isText && new Set(names).size === names.length && !names.includes("__proto__");
  if (isPlain && headers.every(([, bytes]) => bytes !== null)) {
    return { key: keyText, headers: asTexts(headers), value: value?.toString() ?? null };
  }
  try {
    const byName: Record<string, Buffer | Buffer[]> = Object.create(null);
    for (const [name, bytes] of headers) {
      const held = byName[name];
      const one = bytes ?? Buffer.alloc(0);
      byName[name] = held === undefined ? one : [...(Array.isArray(held) ? held : [held]), one];
    }
    const { headers: texts, value: text } = toRecord("", [], decodeKafka({ headers: byName, value }));
    return { key: keyText, headers: texts, value: text };
  } catch {
    return { key: keyText, headers: UNREADABLE, value: (value ?? Buffer.alloc(0)).toString("base64") };
  }
};

const asTexts = (headers: ForeignRecord["headers"]): Record<string, string> =>
  Object.fromEntries(headers.map(([name, bytes]) => [name, bytes!.toString()]));
