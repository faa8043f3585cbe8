import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw, type ZlibOptions } from "node:zlib";
import type { Log, NewRecord } from "#broker/log/log.ts";
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
export async function snapshotRecords(text: string, offset: number, size = PART): Promise<NewRecord[]> {
  const packed = (await deflate(text, { level: 1 })).toString("base64");
  const sha = shaOf(packed);
  const parts = Math.max(1, Math.ceil(packed.length / size));
  return Array.from({ length: parts }, (_, part) =>
    recordOf({
      topic: TOPIC,
      key: [DOMAIN],
      type: TYPES.defenderSnapshot,
      id: `${offset}/${part}`,
      source: "/defender",
      dataText: JSON.stringify({ part, parts, sha, text: packed.slice(part * size, (part + 1) * size) } satisfies Part),
    }),
  );
}

/** The parts of one snapshot as they lie in the log, one after the other. */
type Group = readonly Part[];

async function groupsFrom(log: Log, from: number): Promise<Group[]> {
  const groups: Part[][] = [];
  for await (const records of log.read(TOPIC, { from }))
    for (const { value, headers } of records) {
      if (value === null || headers.ce_type !== TYPES.defenderSnapshot) continue;
      // Written by us: it is known not to be deep, and large enough for that look to cost.
      const part = parseJson(value, { maxDepth: Number.POSITIVE_INFINITY }) as Part;
      const last = groups.at(-1);
      if (part.part > 0 && last?.at(-1)?.sha === part.sha) last.push(part);
      else groups.push([part]);
    }
  return groups;
}

/** Undefined where a part is missing, or something in them has changed. */
async function textOf(group: Group): Promise<string | undefined> {
  const { parts, sha } = group[0]!;
  const packed = group.map(({ text }) => text).join("");
  if (group.length !== parts || group.some(({ part }, at) => part !== at) || shaOf(packed) !== sha) return undefined;
  return (await inflate(Buffer.from(packed, "base64"))).toString("utf8");
}

/** The texts of the snapshots there are, the latest first. One that is not whole is left out. */
export async function* snapshotTexts(log: Log): AsyncGenerator<string> {
  const end = await log.end(TOPIC);
  const seen = new Set<string>();
  // Offsets may have gaps: ever further back. The last record tells how many parts the last one has.
  for (let back = 1; end > 0; back *= 2) {
    const groups = await groupsFrom(log, Math.max(0, end - back));
    for (const group of groups.reverse()) {
      const { part, parts, sha } = group[0]!;
      if (part === 0 && !seen.has(sha)) {
        seen.add(sha);
        const text = await textOf(group);
        if (text !== undefined) yield text;
      } else if (part > 0 && seen.size === 0) back = Math.max(back, parts / 2);
    }
    if (back >= end) return;
  }
}
