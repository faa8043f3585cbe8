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
    globalSetup: "support/shared-bed.ts",
    // They share three brokers, and some kill them: one at a time.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["verbose"],
  },
});
