/** Events: the strict CloudEvents envelope, its codecs, the one JSON parser, the types that are ours. */
export { fromCloudEvent, toCloudEventV1 } from "./cloudevent.ts";
export { type Event, makeEvent, type NewEvent, parseEvent } from "./envelope.ts";
export {
  type DecodedHttp,
  decodeHttp,
  encodeBatch,
  encodeBinary,
  encodeStructured,
  type HttpMessage,
} from "./http.ts";
export type { HttpInput } from "./http-headers.ts";
export { decodeUtf8, MAX_DEPTH, type ParseJsonOptions, parseJson } from "./json.ts";
export {
  decodeKafka,
  type EncodedKafka,
  encodeKafkaBinary,
  encodeKafkaStructured,
  type KafkaMessage,
} from "./kafka.ts";
export { type EventRecord, fromRecord, type RecordParts, recordOf, toRecord } from "./record.ts";
export { parseTime } from "./time.ts";
export { TYPES } from "./types.ts";
export { type Readability, readability, type TypeVersion, typeVersion } from "./version.ts";
