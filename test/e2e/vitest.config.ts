import { defineConfig } from "vitest/config";

/**
 * The end-to-end lane: `vitest run --config test/e2e/vitest.config.ts [file]`, after `npm run build`.
 *
 * ROUNDSMAN_TESTBED     the folder whose cluster/ holds the scripts up and down (default: ../shared)
 * ROUNDSMAN_E2E_PORT    first of the ports of the lane's control plane (default: whatever is free)
 * ROUNDSMAN_E2E_STATE   where its state is kept (default: a folder of its own below the temporary one)
 * ROUNDSMAN_CLI         the command line under test (default: dist/cli.js)
 */
export default defineConfig({
  test: {
    root: "test/e2e",
    include: ["**/*.e2e.test.ts"],
    globalSetup: ["support/global-setup.ts"],
    // Files share a machine and its clock: one at a time, or each would disturb what the others measure.
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    reporters: ["verbose"],
  },
});
