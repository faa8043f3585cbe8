import { logContract } from "#test/contract/log.ts";
import { openLog } from "./support/logs.ts";
import { sharedBed } from "./support/shared-bed.ts";

const bed = sharedBed();

logContract("kafka", async () => ({
  log: openLog(bed.brokers),
  reopen: async () => openLog(bed.brokers),
}));
