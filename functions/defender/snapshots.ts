import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw, type ZlibOptions } from "node:zlib";
import type { Log, NewRecord } from "#broker/log/log.ts";
import { parseJson } from "#sdk/event/json.ts";
import { recordOf } from "#sdk/event/record.ts";
import { TYPES } from "#sdk/event/types.ts";
import { DOMAIN } from "./records.ts";
import { type Mark, type Placed, SNAPSHOTS as TOPIC } from "./retention.ts";

const deflate = promisify<string, ZlibOptions, Buffer>(deflateRaw);
const inflate = promisify<Buffer, Buffer>(inflateRaw);

/** Characters in one record; a record holds 4 MiB at most. */
const PART = 1024 * 1024;

interface Part {
  readonly part: number;
  readonly parts: number;
  readonly sha: string;
  readonly text: string;
  /** Format 1 had none. */
  readonly marks?: readonly Mark[];
}

/** What is packed: the state as text, the last input that is in it, the marks up to there. */
export interface Snapshot {
  readonly text: string;
  readonly offset: number;
  readonly marks: readonly Mark[];
}

/** One that was found. */
export interface Found extends Pick<Snapshot, "text" | "marks"> {
  /** Where its first record lies. */
  readonly position: number;
}

const shaOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A snapshot as records that go with one append: all of them are there, or none. Packed beside the event loop. */
export async function snapshotRecords({ text, offset, marks }: Snapshot, size = PART): Promise<NewRecord[]> {
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
      dataText: JSON.stringify({
        ...{ part, parts, sha, marks },
        text: packed.slice(part * size, (part + 1) * size),
      } satisfies Part),
    }),
  );
}

/** The parts of one snapshot as they lie in the log; where several write it, perhaps with another's between them. */
type Group = readonly (Part & { readonly position: number; readonly input: number })[];

async function groupsFrom(log: Log, from: number): Promise<Group[]> {
  const groups = new Map<string, Group[number][]>();
  for await (const records of log.read(TOPIC, { from }))
    for (const { value, headers, offset } of records) {
      if (value === null || headers.ce_type !== TYPES.defenderSnapshot) continue;
      // Written by us: it is known not to be deep, and large enough for that look to cost.
      const part = {
        ...(parseJson(value, { maxDepth: Number.POSITIVE_INFINITY }) as Part),
        position: offset,
        input: Number.parseInt(headers.ce_id!, 10),
      };
      const group = groups.get(part.sha);
      if (!group) groups.set(part.sha, [part]);
      else if (part.part > group.at(-1)!.part) group.push(part);
    }
  return [...groups.values()];
}

/** Where the snapshots lie of which every part is there, the oldest first. */
export async function placesIn(log: Log): Promise<Placed[]> {
  const groups = await groupsFrom(log, 0);
  return groups
    .filter((group) => group.length === group[0]!.parts)
    .map(([first]) => ({ position: first!.position, offset: first!.input }));
}

/** Undefined where a part is missing, or something in them has changed. */
async function textOf(group: Group): Promise<string | undefined> {
  const { parts, sha } = group[0]!;
  const packed = group.map(({ text }) => text).join("");
  if (group.length !== parts || group.some(({ part }, at) => part !== at) || shaOf(packed) !== sha) return undefined;
  return (await inflate(Buffer.from(packed, "base64"))).toString("utf8");
}

/** The snapshots there are, the latest first. One that is not whole is left out. */
export async function* snapshotsIn(log: Log): AsyncGenerator<Found> {
  const end = await log.end(TOPIC);
  const seen = new Set<string>();
  // Offsets may have gaps: ever further back. The last record tells how many parts the last one has.
  for (let back = 1; end > 0; back *= 2) {
    const groups = await groupsFrom(log, Math.max(0, end - back));
    for (const group of groups.reverse()) {
      const { part, parts, sha, position, marks = [] } = group[0]!;
      if (part === 0 && !seen.has(sha)) {
        seen.add(sha);
        const text = await textOf(group);
        if (text !== undefined) yield { text, position, marks };
      } else if (part > 0 && seen.size === 0) back = Math.max(back, parts / 2);
    }
    if (back >= end) return;
  }
}
