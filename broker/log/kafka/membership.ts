import protocol from "kafkajs/src/consumer/assignerProtocol.js";
import { parseJson } from "#sdk/event/json.ts";
import { assign, type Candidate } from "./assign.ts";
import type { Nodes } from "./nodes.ts";

const { MemberMetadata, MemberAssignment } = protocol;

/** The name of how partitions are shared out: members of one group must agree on it. */
const STRATEGY = "roundsman-sticky-1";

export interface GroupName {
  readonly group: string;
  readonly topic: string;
}

export interface Times {
  /** A member that is silent for so long is taken for dead. ms */
  readonly session: number;
  /** How long members have to finish their work when partitions move. ms */
  readonly rebalance: number;
}

/** One generation of a group, as a member sees it. */
export interface Generation {
  readonly number: number;
  readonly member: string;
  readonly partitions: readonly number[];
}

interface Joined {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

export const findCoordinator = async (nodes: Nodes, group: string): Promise<number> => {
  const { coordinator } = await nodes.call<{ coordinator: { nodeId: number } }>(undefined, {
    api: "GroupCoordinator",
    arguments: { groupId: group },
  });
  return coordinator.nodeId;
};

/** Waits until all members have joined; whoever leads the group shares out the partitions. */
export async function join(
  nodes: Nodes,
  coordinator: number,
  { group, topic }: GroupName,
  { times, member, owned, partitions }: { times: Times; member: string; owned: readonly number[]; partitions: number },
): Promise<Generation> {
  const metadata = MemberMetadata.encode({ version: 0, topics: [topic], userData: Buffer.from(JSON.stringify(owned)) });
  const ask = (memberId: string) =>
    nodes.call<Joined>(coordinator, {
      api: "JoinGroup",
      arguments: {
        groupId: group,
        sessionTimeout: times.session,
        rebalanceTimeout: times.rebalance,
        memberId,
        protocolType: "consumer",
        groupProtocols: [{ name: STRATEGY, metadata }],
      },
    });
  const joined = await ask(member).catch((e: Error & { memberId?: string }) => {
    // The coordinator gives a newcomer its name first.
    if (e.name === "KafkaJSMemberIdRequired" && e.memberId !== undefined) return ask(e.memberId);
    throw e;
  });
  const leads = joined.leaderId === joined.memberId;
  const { memberAssignment } = await nodes.call<{ memberAssignment: Buffer }>(coordinator, {
    api: "SyncGroup",
    arguments: {
      groupId: group,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: leads ? shareOut(joined.members, topic, partitions) : [],
    },
  });
  const mine = MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [];
  return { number: joined.generationId, member: joined.memberId, partitions: mine };
}

const shareOut = (members: Joined["members"], topic: string, partitions: number) =>
  [...assign(members.map(candidateOf), partitions)].map(([memberId, own]) => ({
    memberId,
    memberAssignment: MemberAssignment.encode({ version: 0, assignment: { [topic]: own }, userData: Buffer.alloc(0) }),
  }));

const candidateOf = ({ memberId, memberMetadata }: Joined["members"][number]): Candidate => {
  const owned = parseJson(MemberMetadata.decode(memberMetadata).userData?.toString() || "[]");
  return { id: memberId, owned: Array.isArray(owned) ? owned.filter(Number.isSafeInteger) : [] };
};

export const heartbeat = (nodes: Nodes, coordinator: number, group: string, { number, member }: Generation) =>
  nodes.call<void>(coordinator, {
    api: "Heartbeat",
    arguments: { groupId: group, groupGenerationId: number, memberId: member },
  });

export const leave = (nodes: Nodes, coordinator: number, group: string, member: string) =>
  nodes.call<void>(coordinator, { api: "LeaveGroup", arguments: { groupId: group, memberId: member } });

export const commitOffsets = (
  nodes: Nodes,
  coordinator: number,
  { group, topic }: GroupName,
  { number, member }: Generation,
  offsets: ReadonlyMap<number, number>,
) =>
  nodes.call<void>(coordinator, {
    api: "OffsetCommit",
    arguments: {
      groupId: group,
      groupGenerationId: number,
      memberId: member,
      retentionTime: -1,
      topics: [
        { topic, partitions: [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) })) },
      ],
    },
  });

/** What the group has committed, of those partitions where it has. */
export async function committedOffsets(
  nodes: Nodes,
  coordinator: number,
  { group, topic }: GroupName,
  partitions: readonly number[],
): Promise<Map<number, number>> {
  const { responses } = await nodes.call<{
    responses: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }>(coordinator, {
    api: "OffsetFetch",
    arguments: { groupId: group, topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }] },
  });
  const own = responses.flatMap((one) => (one.topic === topic ? one.partitions : []));
  return new Map(own.flatMap(({ partition, offset }) => (Number(offset) < 0 ? [] : [[partition, Number(offset)]])));
}
