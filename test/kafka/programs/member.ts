/** A member of a group in a process of its own, slow: says what it handles and what comes of its commits, one JSON line each. */
import { openLog } from "../support/logs.ts";

const [brokers, topic, group, session, pace] = process.argv.slice(2) as [string, string, string, string, string];
const say = (word: object) => void process.stdout.write(`${JSON.stringify(word)}\n`);
const log = openLog(brokers.split(","), { sessionTimeout: Number(session) });
const lost = (partitions: readonly number[]) => say({ lost: partitions });
log.subscribe({ topic, group, maxBatch: 1, lost }, async ([record], self) => {
  say({ began: record!.value });
  await new Promise((resolve) => setTimeout(resolve, Number(pace)));
  try {
    await self.commit(record!.partition, record!.offset + 1);
    say({ committed: record!.value });
  } catch (e) {
    say({ refused: record!.value, code: (e as { code?: string }).code });
    throw e;
  }
});
process.on("SIGTERM", () => void log.close().then(() => process.exit(0)));
