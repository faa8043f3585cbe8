import type { TopicSpec } from "../../topics.ts";

/** A topic as it must be on this Kafka. */
export interface WantedTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface ActualTopic {
  readonly partitions: number;
  readonly replicas: number;
  readonly config: Readonly<Record<string, string | null>>;
}

/** What differs, and what to do about it. */
export interface Difference {
  readonly topic: string;
  readonly field: string;
  readonly is: string;
  readonly wanted: string;
  readonly todo: string;
}

const DAY = 86_400_000;

/** The largest batch that is sent, and room for what Kafka puts around it. */
export const ENTRY_BYTES = 8 * 1024 * 1024;
export const MESSAGE_BYTES = ENTRY_BYTES + 256 * 1024;

/** So that one broker can go and nothing acknowledged goes with it. */
export const REPLICAS = 3;

export const wantedTopic = (
  topic: string,
  { days, partitions = 1 }: TopicSpec,
  { replicas, count = partitions }: { readonly replicas: number; readonly count?: number | undefined },
): WantedTopic => ({
  topic,
  partitions: count,
  replicas,
  config: {
    "cleanup.policy": days === undefined ? "compact" : "delete",
    ...(days === undefined ? {} : { "retention.ms": String(days * DAY) }),
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": String(MESSAGE_BYTES),
    "min.insync.replicas": replicas >= REPLICAS ? "2" : "1",
    "unclean.leader.election.enable": "false",
  },
});

/** More than is wanted does no harm there. */
const AT_LEAST = new Set(["retention.ms", "max.message.bytes", "min.insync.replicas"]);

const suffices = (field: string, is: string, wanted: string): boolean => {
  if (is === wanted) return true;
  if (!AT_LEAST.has(field)) return false;
  // -1 = for ever.
  return (field === "retention.ms" && is === "-1") || Number(is) >= Number(wanted);
};

export const differences = (wanted: WantedTopic, actual: ActualTopic): Difference[] => {
  const { topic } = wanted;
  const found: Difference[] = [];
  if (actual.partitions !== wanted.partitions) {
    found.push({
      topic,
      field: "partitions",
      is: String(actual.partitions),
      wanted: String(wanted.partitions),
      todo:
        actual.partitions > wanted.partitions
          ? `configure partitions: {"${topic}": ${actual.partitions}}`
          : `stop all writers, then kafka-topics.sh --alter --topic ${topic} --partitions ${wanted.partitions}; or configure partitions: {"${topic}": ${actual.partitions}}`,
    });
  }
  if (actual.replicas < wanted.replicas) {
    found.push({
      topic,
      field: "replication.factor",
      is: String(actual.replicas),
      wanted: String(wanted.replicas),
      todo: "kafka-reassign-partitions.sh",
    });
  }
  for (const [field, value] of Object.entries(wanted.config)) {
    const is = actual.config[field] ?? "not set";
    if (suffices(field, is, value)) continue;
    const todo = `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${field}=${value}`;
    found.push({ topic, field, is, wanted: value, todo });
  }
  return found;
};

export const sayDifferences = (all: readonly Difference[]): string =>
  all
    .map(({ topic, field, is, wanted, todo }) => `${topic}: ${field} is ${is}, ${wanted} is wanted (${todo})`)
    .join("; ");
