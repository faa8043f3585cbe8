import { defineConfig } from "vitest/config";

/** What takes long and needs nothing but this machine: `npm run long [file]`. What a run covers is said in its output; runs add up. */
export default defineConfig({
  test: {
    root: "test/long",
    include: ["**/*.long.test.ts"],
    fileParallelism: false,
    testTimeout: 3_600_000,
    reporters: ["verbose"],
  },
});
