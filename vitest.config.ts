import { defineConfig } from "vitest/config";

// The lanes on real components have configurations of their own: see test/README.md.
export default defineConfig({
  test: {
    include: [
      "{sdk,broker,functions,probes}/**/*.test.ts",
      "test/{contract,property,semantics}/**/*.test.ts",
      "test/*.test.ts",
    ],
    testTimeout: 60_000,
    // A process for each of so many small files would cost more than the tests.
    pool: "threads",
    // By default one core is left idle: of two that is half.
    maxWorkers: "100%",
    // Nothing here is a singleton, so files share what they import: loading it anew for each took as long as the tests.
    isolate: false,
  },
});
