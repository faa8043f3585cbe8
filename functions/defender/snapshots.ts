import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw, type ZlibOptions } from "node:zlib";
import type { Log, LogRecord, NewRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { DOMAIN } from "./records.ts";

const deflate = promisify<string, ZlibOptions, Buffer>(deflateRaw);
const inflate = promisify<Buffer, Buffer>(inflateRaw);

const TOPIC = "defender-snapshots";
/** Characters in one record; a record holds 4 MiB at most. */
const PART = 1024 * 1024;

interface Part {
  readonly part: number;
  readonly parts: number;
  readonly sha: string;
  readonly text: string;
}

const shaOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A snapshot as records that go with one append: all of them are there, or none. Packed beside the event loop. */
export async function snapshotRecords(text: string, offset: number): Promise<NewRecord[]> {
  const packed = (await deflate(text, { level: 1 })).toString("base64");
  const sha = shaOf(packed);
  const parts = Math.max(1, Math.ceil(packed.length / PART));
  return Array.from({ length: parts }, (_, part) =>
    recordOf({
      topic: TOPIC,
      key: [DOMAIN],
      type: TYPES.defenderSnapshot,
      id: `${offset}/${part}`,
      source: "/defender",
      dataText: JSON.stringify({ part, parts, sha, text: packed.slice(part * PART, (part + 1) * PART) } satisfies Part),
    }),
  );
}

const readFrom = async (log: Log, from: number): Promise<Part[]> => {
  const parts: Part[] = [];
  const take = ({ value, headers }: LogRecord) => {
    if (value !== null && headers.ce_type === TYPES.defenderSnapshot) parts.push(parseJson(value) as Part);
  };
  for await (const records of log.read(TOPIC, { from })) records.forEach(take);
  return parts;
};

/** The latest snapshot's text; undefined where there is none, or it is not whole: then the records themselves are read. */
export async function latestSnapshot(log: Log): Promise<string | undefined> {
  const end = await log.end(TOPIC);
  if (end === 0) return undefined;
  const last = (await readFrom(log, end - 1)).at(-1);
  if (!last) return undefined;
  let parts = [last];
  // Offsets may have gaps: further back until all are there.
  for (let back = last.parts; parts.length < last.parts; back *= 2) {
    parts = (await readFrom(log, Math.max(0, end - back))).filter(({ sha }) => sha === last.sha).slice(-last.parts);
    if (back >= end) break;
  }
  const packed = parts.map(({ text }) => text).join("");
  if (parts.some(({ part }, at) => part !== at) || shaOf(packed) !== last.sha) return undefined;
  return (await inflate(Buffer.from(packed, "base64"))).toString("utf8");
}
