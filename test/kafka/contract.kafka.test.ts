import { afterAll, beforeAll } from "vitest";
import { logContract } from "#test/contract/log.ts";
import { Bed } from "./support/bed.ts";
import { openLog } from "./support/logs.ts";

let bed: Bed;

beforeAll(async () => {
  bed = await Bed.up(1);
});

afterAll(() => bed?.down());

logContract("kafka", async () => ({
  log: openLog(bed.brokers),
  reopen: async () => openLog(bed.brokers),
}));
