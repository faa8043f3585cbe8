import { describe, expect, it } from "vitest";
import type { NewRecord } from "#broker/log/log.ts";
import { memoryLog } from "#broker/log/memory/memory-log.ts";
import { readLine } from "./read-line.ts";
import * as story from "./story.test-kit.ts";

const { FP, START } = story;

function setUp() {
  let now = START;
  const log = memoryLog({ clock: { now: () => now } });
  const tell = async (ms: number, ...records: NewRecord[]) => {
    now = START + ms;
    await log.append(records);
  };
  return { log, tell };
}
const told = async () => {
  const world = setUp();
  await story.tellStory(world);
  return world;
};
const whats = (words: readonly { what: string }[]) => words.map(({ what }) => what);

describe("the line of sight of a finding", () => {
  it("leads from what was wrong over what was asked and decided to what came of it", async () => {
    const { log } = await told();
    const line = await readLine(log, FP);
    expect(line).toMatchObject({ fingerprint: FP, cluster: "eu-1", case: "node/kernel-deadlock" });
    expect(line.finding).toMatchObject({ state: "resolved" });
    expect(line.episodes).toHaveLength(1);
    const [episode] = line.episodes;
    expect(episode).toMatchObject({ episode: START, raised: START, resolved: START + 120_000 });
    expect(episode!.requests).toMatchObject([
      {
        id: `r0-${FP}`,
        remedier: "hung-nodes",
        step: 0,
        attempt: 0,
        outcome: "denied",
        decision: { outcome: "denied", reasons: [{ code: "spent", budget: "nodes" }] },
      },
      {
        id: `r1-${FP}`,
        attempt: 1,
        outcome: "succeeded",
        decision: { outcome: "granted", grant: { fence: 7 } },
        job: "node-u-7",
      },
    ]);
    expect(whats(episode!.requests[0]!.words)).toEqual(["due", "denied"]);
    expect(whats(episode!.requests[1]!.words)).toEqual(["due", "granted", "started", "succeeded", "undone"]);
    expect(episode!.requests[0]).not.toHaveProperty("job");
  });

  it("is found by a unique beginning, and by no other", async () => {
    const { log, tell } = await told();
    expect(await readLine(log, FP.slice(0, 4))).toMatchObject({ fingerprint: FP });
    await tell(130_000, story.finding({ fingerprint: `${FP.slice(0, 6)}ffff` }));
    await expect(readLine(log, FP.slice(0, 4))).rejects.toThrow(`2 findings begin with a1b2: ${FP}, a1b2c3ffff.`);
    await expect(readLine(log, "beef")).rejects.toThrow("No finding begins with beef");
  });

  it("has none of another's, though its text names this one", async () => {
    const { log, tell } = await told();
    const other = "ffff00001111";
    await tell(130_000, story.word("denied", 5, { message: `as was said of ${FP}` }, other));
    const { episodes } = await readLine(log, FP);
    expect(episodes.flatMap(({ requests }) => requests)).toHaveLength(2);
  });

  it("knows each of its episodes", async () => {
    const { log, tell } = await told();
    const again = START + 600_000;
    await tell(600_000, story.finding({ episode: again, firstSeen: new Date(again).toISOString(), episodes: 2 }));
    const request = { id: "later", finding: { fingerprint: FP, episode: again } };
    await tell(600_100, story.word("held", 0, { ...request, message: "its owner said veto" }));
    await tell(600_200, story.word("held", 0, { ...request, message: "its owner said veto" }));
    await tell(600_300, story.word("held", 0, { ...request, message: "its owner said delay" }));
    const { episodes } = await readLine(log, FP);
    expect(episodes).toMatchObject([
      { episode: START, resolved: START + 120_000 },
      { episode: again, raised: again, requests: [{ id: "later", outcome: "held" }] },
    ]);
    expect(episodes[1]).not.toHaveProperty("resolved");
    expect(episodes[1]!.requests[0]!.words.map(({ message }) => message)).toEqual([
      "its owner said veto",
      "its owner said delay",
    ]);
  });

  it("takes the decision of who asked first, not of who used its id again", async () => {
    const { log, tell } = await told();
    const again = story.decision(1, "denied", { offset: 99, reasons: [{ code: "id-reused" }], operation: "delete" });
    await tell(130_000, story.decided(again));
    const [, second] = (await readLine(log, FP)).episodes[0]!.requests;
    expect(second!.decision).toMatchObject({ outcome: "granted", offset: 11 });
  });

  it("is whole as far as the log goes: without its due, without its finding", async () => {
    const { log, tell } = setUp();
    await tell(0, story.report("failed", 3, { failure: "unknown", begun: true, message: "nobody knows" }));
    expect(await readLine(log, FP)).toMatchObject({
      episodes: [
        { episode: START, requests: [{ outcome: "failed", job: "node-u-7", words: [{ failure: "unknown" }] }] },
      ],
    });
  });

  it("asks nothing of the audit where nothing was asked of the defender", async () => {
    const { log, tell } = setUp();
    await tell(0, story.due(0), story.word("observed", 0, { message: "Would ask for drain" }));
    await tell(0, story.decided(story.decision(0, "granted")));
    const [request] = (await readLine(log, FP)).episodes[0]!.requests;
    expect(request).toMatchObject({ outcome: "observed" });
    expect(request).not.toHaveProperty("decision");
  });
});

describe("the line of sight of a node's condition", () => {
  const fp = story.CONDITION_FP;
  const asked = (episode: number) =>
    story.word("granted", 0, { id: `c${episode}`, finding: { fingerprint: fp, episode }, case: "condition/Ready" }, fp);

  it("has a life per transition", async () => {
    const { log, tell } = setUp();
    await tell(0, story.condition("False", 0));
    await tell(10, asked(START));
    await tell(1_000, story.condition("Unknown", 1_000), story.condition("Unknown", 1_000));
    await tell(2_000, story.condition("True", 2_000), story.condition("True", 2_000));
    await tell(3_000, story.condition("True", 2_000), story.condition("False", 2_500, { type: "MemoryPressure" }));
    await tell(4_000, story.condition("False", 4_000));
    await tell(5_000, story.condition("False", 4_000, { gone: true }));
    const line = await readLine(log, fp);
    expect(line).toMatchObject({ case: "condition/Ready", cluster: "eu-1" });
    expect(line).not.toHaveProperty("finding");
    expect(line.episodes).toEqual([
      {
        episode: START,
        raised: START,
        resolved: START + 1_000,
        reason: "Ready turned Unknown",
        message: "Ready is False (KubeletSilent)",
        requests: [expect.objectContaining({ outcome: "granted" })],
      },
      expect.objectContaining({ episode: START + 1_000, resolved: START + 2_000 }),
      expect.objectContaining({ episode: START + 4_000, resolved: START + 5_000, reason: "the node is gone" }),
    ]);
  });

  it("is another on another cluster's node of that name", async () => {
    const { log, tell } = setUp();
    await tell(0, asked(START), story.condition("False", 0, { cluster: "us-1" }));
    expect((await readLine(log, fp)).episodes).toMatchObject([{ episode: START }]);
    expect((await readLine(log, fp)).episodes[0]).not.toHaveProperty("raised");
  });
});
