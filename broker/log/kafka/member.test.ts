import { describe, expect, it } from "vitest";
import { systemClock } from "#sdk/runtime/clock.ts";
import { deferred } from "../deferred.ts";
import { Member } from "./member.ts";
import type { Call, Nodes } from "./nodes.ts";
import { Trouble } from "./trouble.ts";

/** A coordinator that knows one member, which gets partition 0 of two. */
const coordinator = () => {
  const joining = deferred<void>();
  const commits: unknown[] = [];
  const answers: Record<string, (given: any) => unknown> = {
    GroupCoordinator: () => ({ coordinator: { nodeId: 1 } }),
    JoinGroup: async () => {
      await joining.promise;
      return { generationId: 1, leaderId: "someone", memberId: "me", members: [] };
    },
    // Version 0, one topic named t with partition 0, no more.
    SyncGroup: () => ({
      memberAssignment: Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 116, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    }),
    OffsetFetch: () => ({ responses: [] }),
    OffsetCommit: ({ topics }) => void commits.push(topics[0].partitions[0]),
    Heartbeat: () => undefined,
    LeaveGroup: () => undefined,
  };
  const nodes = {
    call: async (_: number | undefined, { api, arguments: given }: Call) => answers[api]!(given),
    close: async () => joining.reject(new Error("closed")),
  };
  const member = new Member({
    nodes: nodes as unknown as Nodes,
    name: { group: "g", topic: "t" },
    times: { session: 10_000, rebalance: 60_000 },
    clock: systemClock,
    trouble: new Trouble({ clock: systemClock, brokers: "", warn: () => undefined }),
    partitions: async () => 2,
    assigned: async () => undefined,
    revoking: async () => undefined,
    lost: () => undefined,
    heard: () => undefined,
    failed: () => undefined,
  });
  return { member, joining, commits };
};

describe("a commit before the group has said who reads what", () => {
  it("waits for that, and is made where the partition is read here", async () => {
    const { member, joining, commits } = coordinator();
    member.start();
    const [own, others] = [member.commit(0, 7), member.commit(1, 7)];
    own.catch(() => undefined);
    others.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(commits).toEqual([]);
    joining.resolve();
    await own;
    expect(commits).toEqual([{ partition: 0, offset: "7" }]);
    await expect(others).rejects.toMatchObject({ code: "log-partition-lost" });
    await member.close();
  });

  it("is refused when the subscription is closed before", async () => {
    const { member } = coordinator();
    member.start();
    const commit = member.commit(0, 7);
    commit.catch(() => undefined);
    await member.close();
    await expect(commit).rejects.toMatchObject({ code: "log-partition-lost" });
  });

  it("is told why there will be no group", async () => {
    const { member, joining } = coordinator();
    member.start();
    const commit = member.commit(0, 7);
    commit.catch(() => undefined);
    joining.reject(Object.assign(new Error("no rights"), { type: "GROUP_AUTHORIZATION_FAILED" }));
    await expect(commit).rejects.toMatchObject({ code: "log-kafka-refused" });
    await member.close();
  });
});
