import { defineConfig } from "vitest/config";

/**
 * The fault lane, `npm run test:faults` after `npm run build`: the real process killed and started again.
 *
 * ROUNDSMAN_SEED   the seed of the moments and of what changes (default: one that is made up and printed)
 */
export default defineConfig({
  test: {
    root: "test/faults",
    include: ["**/*.faults.test.ts"],
    fileParallelism: false,
    testTimeout: 1_200_000,
    hookTimeout: 60_000,
    reporters: ["verbose"],
  },
});
