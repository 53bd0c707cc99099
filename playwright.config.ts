import { defineConfig } from "@playwright/test";

/** The same specs in both hosts: `browser` (the system's Chromium) and `electron` (a real window; test/e2e/launch.ts). */
export default defineConfig({
  testDir: "test/e2e",
  testMatch: "**/*.spec.ts",
  outputDir: "test-results/e2e",
  // Specs train networks and run boards; side by side they would only slow each other down.
  workers: 1,
  fullyParallel: false,
  // Times that end what hangs; a computer may be twenty times as busy as usual.
  timeout: 900_000,
  expect: { timeout: 120_000 },
  forbidOnly: true,
  reporter: "list",
  projects: [
    { name: "browser", metadata: { host: "web" }, testIgnore: "**/electron-*.spec.ts" },
    { name: "electron", metadata: { host: "electron" }, testIgnore: "**/browser-*.spec.ts" },
  ],
});
