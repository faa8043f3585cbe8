import { fault } from "#sdk/errors.ts";
import type { TopicSpec } from "../../topics.ts";
import { isPassing, refusal } from "./kafka-fault.ts";
import type { ClusterView, Nodes } from "./nodes.ts";
import {
  type ActualTopic,
  differences,
  REPLICAS,
  sayDifferences,
  type WantedTopic,
  wantedTopic,
} from "./topic-config.ts";

export interface EnsureParts {
  readonly nodes: Nodes;
  readonly topics: ReadonlyMap<string, TopicSpec>;
  /** How many partitions a topic has, where that is not as its spec says. */
  readonly partitions: Readonly<Record<string, number>>;
  /** Of each partition. Default: three where Kafka has three brokers. */
  readonly replicas?: number | undefined;
}

const [TOPIC, ALREADY_EXISTS] = [2, "TOPIC_ALREADY_EXISTS"];

/**
 * Makes the topics that are missing and checks those that are there; changes none. Throws `log-kafka-topic`, which names
 * each field that differs and what to do.
 */
export async function ensureTopics({ nodes, topics, partitions, replicas }: EnsureParts): Promise<void> {
  const view = await nodes.view([...topics.keys()]);
  for (const [topic, error] of view.refused) throw isPassing(error) ? error : refusal(topic, error);
  const copies = replicas ?? Math.min(REPLICAS, view.nodes);
  const wanted = [...topics].map(([topic, spec]) =>
    wantedTopic(topic, spec, {
      replicas: copies,
      count: Object.hasOwn(partitions, topic) ? partitions[topic] : undefined,
    }),
  );
  const missing = wanted.filter(({ topic }) => !view.topics.has(topic));
  if (missing.length > 0) await create(nodes, view.controller, missing);
  const now = missing.length > 0 ? await nodes.view([...topics.keys()]) : view;
  const absent = wanted.filter(({ topic }) => now.topics.get(topic)?.every(({ leader }) => leader >= 0) !== true);
  // They come by themselves: asked again.
  if (absent.length > 0) throw new Error(`topics have no leaders yet: ${absent.map(({ topic }) => topic).join(", ")}`);
  const found = differencesOf(wanted, now, await configs(nodes, [...topics.keys()]));
  if (found !== "") throw fault("log-kafka-topic", { what: found });
}

/** How the topic differs from one that keeps what it acknowledged when a broker goes: see `KafkaLog.weakness`. */
export async function weaknessOf(nodes: Nodes, topic: string, spec: TopicSpec): Promise<string | undefined> {
  const view = await nodes.view([topic]);
  const wanted = wantedTopic(topic, spec, { replicas: REPLICAS, count: view.topics.get(topic)?.length });
  return differencesOf([wanted], view, await configs(nodes, [topic])) || undefined;
}

const create = (nodes: Nodes, controller: number, missing: readonly WantedTopic[]): Promise<void> =>
  nodes
    .call<void>(controller, {
      api: "CreateTopics",
      arguments: {
        timeout: 10_000,
        validateOnly: false,
        topics: missing.map(({ topic, partitions, replicas, config }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: replicas,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        })),
      },
    })
    .catch((e: Error & { errors?: readonly { type?: string }[] }) => {
      // Another process was quicker.
      const others = e.errors?.filter(({ type }) => type !== ALREADY_EXISTS);
      if (others === undefined) throw e;
      if (others.length > 0) throw others[0];
    });

type Configs = ReadonlyMap<string, ActualTopic["config"]>;

async function configs(nodes: Nodes, topics: readonly string[]): Promise<Configs> {
  const { resources } = await nodes.call<{
    resources: { resourceName: string; configEntries: { configName: string; configValue: string | null }[] }[];
  }>(undefined, {
    api: "DescribeConfigs",
    arguments: { resources: topics.map((name) => ({ type: TOPIC, name })), includeSynonyms: false },
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

const differencesOf = (wanted: readonly WantedTopic[], view: ClusterView, found: Configs): string =>
  sayDifferences(
    wanted.flatMap((one) => {
      const places = view.topics.get(one.topic)!;
      const replicas = Math.min(...places.map((place) => place.replicas));
      return differences(one, { partitions: places.length, replicas, config: found.get(one.topic) ?? {} });
    }),
  );
