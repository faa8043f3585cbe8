import { fault } from "#sdk/errors.ts";

/** The name of a group's place in one partition of a topic: one string, and readable. */
export const groupKey = (group: string, topic: string, partition: number): string =>
  JSON.stringify([group, topic, partition]);

/** Throws `log-position-invalid`. */
export const checkOffset = (topic: string, offset: number): void => {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw fault("log-position-invalid", { topic, what: `Offset ${offset}` });
  }
};

/** Of a log whose topics have the one partition 0. Throws `log-position-invalid`. */
export const checkPosition = (topic: string, partition: number, offset: number): void => {
  if (partition !== 0) throw fault("log-position-invalid", { topic, what: `Partition ${partition}` });
  checkOffset(topic, offset);
};

/** Where one begins who was told so, and has committed nothing. */
export const beginning = (from: "start" | "end" | number, end: number): number => {
  if (from === "end") return end;
  return from === "start" ? 0 : from;
};
