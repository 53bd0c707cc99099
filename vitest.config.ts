import { defineConfig } from "vitest/config";

/** A time here ends what hangs. It says nothing about how fast anything is: a computer may be twenty times as busy as usual. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**", "node_modules/**"],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 500_000, interval: 10 } },
    maxWorkers: 2,
  },
});
