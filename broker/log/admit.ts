import { fault } from "#sdk/errors.ts";
import type { Headers, NewRecord } from "./log.ts";

/** What one record and one append may hold, in bytes of UTF-8 but for the number of records. The same for every driver. */
export const LIMITS = {
  topic: 249,
  key: 8 * 1024,
  headers: 32 * 1024,
  value: 4 * 1024 * 1024,
  append: 64 * 1024 * 1024,
  records: 50_000,
} as const;

/** No UTF-16 unit becomes more bytes of UTF-8: a cheap bound, so that only what is long is measured. */
const WORST = 3;

const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

const tooLarge = (part: string, topic: string, bytes: number, limit: number) =>
  fault("log-record-too-large", { part, topic, bytes, limit });

/** Returns the bytes of `text`, or an upper bound when that is far below `limit`. */
const measure = (part: string, topic: string, text: string, limit: number): number => {
  const bound = text.length * WORST;
  if (bound <= limit) return bound;
  const bytes = Buffer.byteLength(text);
  if (bytes > limit) throw tooLarge(part, topic, bytes, limit);
  return bytes;
};

const measureHeaders = (topic: string, headers: Headers): number => {
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value: unknown = headers[name];
    if (typeof value !== "string") {
      throw fault("log-record-invalid", { topic, what: `its header ${name} is no string` });
    }
    // Whoever copies such a header by hand would change the object's kind instead.
    if (name === "__proto__") throw fault("log-record-invalid", { topic, what: "no header may be called __proto__" });
    const bound = (name.length + value.length) * WORST;
    bytes += bound <= 1024 ? bound : Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > LIMITS.headers) throw tooLarge("headers", topic, bytes, LIMITS.headers);
  return bytes;
};

const exactBytes = ({ key, headers, value }: NewRecord): number =>
  Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(headers)) + (value === null ? 0 : Buffer.byteLength(value));

/**
 * Refuses what no driver takes, before anything of the append is written.
 * Throws `log-record-invalid`, `log-record-too-large` or `log-append-too-large`.
 */
export const admit = (records: readonly NewRecord[]): void => {
  if (records.length > LIMITS.records) {
    throw fault("log-append-too-large", { amount: `${records.length} records`, limit: LIMITS.records });
  }
  let bound = 0;
  let known: string | null = null;
  for (const { topic, key, headers, value } of records) {
    if (topic !== known && (typeof topic !== "string" || !TOPIC.test(topic))) {
      throw fault("log-record-invalid", {
        topic: String(JSON.stringify(topic)),
        what: "a topic is 1 to 249 letters, digits, dots, dashes or underscores",
      });
    }
    known = topic;
    if (typeof key !== "string") throw fault("log-record-invalid", { topic, what: "its key is no string" });
    if (value !== null && typeof value !== "string") {
      throw fault("log-record-invalid", { topic, what: "its value is neither a string nor null" });
    }
    bound += measure("key", topic, key, LIMITS.key) + measureHeaders(topic, headers);
    if (value !== null) bound += measure("value", topic, value, LIMITS.value);
  }
  if (bound <= LIMITS.append) return;
  const bytes = records.reduce((sum, record) => sum + exactBytes(record), 0);
  if (bytes > LIMITS.append) throw fault("log-append-too-large", { amount: `${bytes} bytes`, limit: LIMITS.append });
};
