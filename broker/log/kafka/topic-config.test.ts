import { describe, expect, it } from "vitest";
import { TOPICS } from "../../topics.ts";
import { type ActualTopic, differences, sayDifferences, wantedTopic } from "./topic-config.ts";

const actual = (
  { partitions, replicas, config }: ActualTopic,
  changes: Record<string, string | null> = {},
): ActualTopic => ({
  partitions,
  replicas,
  config: { ...config, ...changes },
});

describe("a topic as it is wanted", () => {
  it("is kept as its spec says, and survives a broker where there are three", () => {
    expect(wantedTopic("verdicts", TOPICS.verdicts, { replicas: 3 })).toEqual({
      topic: "verdicts",
      partitions: 12,
      replicas: 3,
      config: {
        "cleanup.policy": "delete",
        "retention.ms": "604800000",
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": "8650752",
        "min.insync.replicas": "2",
        "unclean.leader.election.enable": "false",
      },
    });
    const ledger = wantedTopic("ledger", TOPICS.ledger, { replicas: 1, count: 4 });
    expect(ledger).toMatchObject({
      partitions: 4,
      config: { "cleanup.policy": "compact", "min.insync.replicas": "1" },
    });
    expect(ledger.config).not.toHaveProperty("retention.ms");
  });
});

describe("differences", () => {
  const wanted = wantedTopic("due", TOPICS.due, { replicas: 3 });

  it("are none where it is as wanted, or more where more does no harm", () => {
    expect(differences(wanted, actual(wanted))).toEqual([]);
    const more = { "retention.ms": "-1", "max.message.bytes": "99999999", "min.insync.replicas": "3" };
    expect(differences(wanted, { ...actual(wanted, more), replicas: 5 })).toEqual([]);
  });

  it.each([
    ["cleanup.policy", "compact"],
    ["retention.ms", "1000"],
    ["message.timestamp.type", "CreateTime"],
    ["max.message.bytes", "1048588"],
    ["min.insync.replicas", "1"],
    ["unclean.leader.election.enable", "true"],
    ["unclean.leader.election.enable", null],
  ])("name %s that is %s, and what to do", (field, is) => {
    const found = differences(wanted, actual(wanted, { [field]: is }));
    expect(found).toEqual([
      expect.objectContaining({ topic: "due", field, is: is ?? "not set", wanted: wanted.config[field] }),
    ]);
    expect(sayDifferences(found)).toContain(`--entity-name due --add-config ${field}=${wanted.config[field]}`);
  });

  it("name partitions and replicas", () => {
    const found = differences(wanted, { ...actual(wanted), partitions: 6, replicas: 1 });
    expect(found.map(({ field, is, wanted: as }) => [field, is, as])).toEqual([
      ["partitions", "6", "12"],
      ["replication.factor", "1", "3"],
    ]);
    expect(sayDifferences(found)).toBe(
      'due: partitions is 6, 12 is wanted (stop all writers, then kafka-topics.sh --alter --topic due --partitions 12; or configure partitions: {"due": 6}); due: replication.factor is 1, 3 is wanted (kafka-reassign-partitions.sh)',
    );
    const [more] = differences(wanted, { ...actual(wanted), partitions: 24 });
    expect(more!.todo).toBe('configure partitions: {"due": 24}');
  });
});
