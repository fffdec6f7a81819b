// Browser tests against the built server. Each test file starts its own servers on free ports and stops them.
import { defineConfig } from "@playwright/test";
import { existsSync } from "node:fs";

const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

export default defineConfig({
  testDir: "journeys",
  outputDir: "test-results",
  timeout: 150_000,
  expect: { timeout: 15_000 },
  workers: Number(process.env.ROLLCALL_TEST_WORKERS ?? 2),
  forbidOnly: true,
  maxFailures: 4,
  // A browser on a busy machine may miss a beat once; what fails twice is a defect.
  retries: 1,
  reporter: [["list"]],
  use: {
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: browser,
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ],
    },
  },
});
