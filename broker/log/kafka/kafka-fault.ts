import { fault, isFault, type RoundsmanError, sayError } from "#sdk/errors.ts";
import type { WireError } from "./wire.ts";

/** Answers that no waiting mends, as Kafka names them. */
const LASTING = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_CONFIG",
  "INVALID_REPLICATION_FACTOR",
  "POLICY_VIOLATION",
  "UNSUPPORTED_VERSION",
  "INVALID_RECORD",
  "INVALID_REQUIRED_ACKS",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
]);

const LASTING_NAMES = new Set(["KafkaJSSASLAuthenticationError", "KafkaJSServerDoesNotSupportApiKey"]);

/** Whether waiting may mend it: all but what Kafka refuses for what it is. */
export const isPassing = (error: unknown): boolean => {
  if (isFault(error)) return error.retry;
  if (!(error instanceof Error)) return true;
  return !LASTING.has((error as WireError).type ?? "") && !LASTING_NAMES.has(error.name);
};

/** What a caller is told whose append, or whose reading, Kafka will never take. */
export const refusal = (topic: string, error: unknown, tooLarge = 0): RoundsmanError => {
  if (isFault(error)) return error;
  if (tooLarge > 0) return fault("log-kafka-too-large", { topic, bytes: tooLarge }, error);
  return fault("log-kafka-refused", { topic, what: sayError(error) }, error);
};
