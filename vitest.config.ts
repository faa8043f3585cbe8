import { defineConfig } from "vitest/config";

// The lanes on real components have configurations of their own: see test/README.md.
export default defineConfig({
  test: {
    include: [
      "{sdk,broker,functions,probes}/**/*.test.ts",
      "test/{contract,property,semantics}/**/*.test.ts",
      "test/*.test.ts",
    ],
    testTimeout: 20_000,
    // A process for each of so many small files would cost more than the tests.
    pool: "threads",
    // By default one core is left idle: of two that is half.
    maxWorkers: "100%",
  },
});
