import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Tests mostly wait for sockets and processes; with one worker on two cores, vitest's own choice, they wait in a row.
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts", "test/*.test.ts"] } },
      {
        test: { name: "scenarios", include: ["test/scenarios/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 30_000 },
      },
      { test: { name: "simulation", include: ["test/simulation/**/*.test.ts"] } },
      {
        test: {
          name: "kubernetes",
          include: ["test/kubernetes/**/*.test.ts"],
          globalSetup: ["test/kubernetes/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/e2e/global-setup.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
