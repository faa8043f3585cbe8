import { defineConfig } from "vitest/config";

/**
 * The lane on real brokers, `npm run test:kafka`: the log's contract and faults.
 *
 * ROUNDSMAN_TESTBED   the folder whose kafka/ holds the script kafka.sh (default: ../shared)
 */
export default defineConfig({
  test: {
    root: "test/kafka",
    include: ["**/*.kafka.test.ts"],
    // Each file has brokers of its own: one at a time, or they would starve each other.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["verbose"],
  },
});
