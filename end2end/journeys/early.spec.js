// Before its script runs a page is there already: what somebody types then is kept, and judged.
import { expect, test } from "@playwright/test";
import { startServer } from "../support/server.js";
import { hydrated, setUp, watchConsole } from "../support/people.js";

test("what is typed before a page comes alive is kept", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    for (const [path, label] of [["/password", "New password"], ["/admin/settings", "Name"]]) {
      let come;
      const late = new Promise((resolve) => { come = resolve; });
      await page.route("**/*.wasm", async (route) => {
        await late;
        await route.continue();
      });
      await page.goto(`${server.url}${path}`, { waitUntil: "domcontentloaded" });
      const field = page.getByLabel(label, { exact: true });
      await field.fill("typed early");
      expect(await page.evaluate(() => document.documentElement.dataset.hydrated)).toBeUndefined();
      come();
      await hydrated(page);
      await page.unroute("**/*.wasm");
      await expect(field).toHaveValue("typed early");
      if (path === "/password") await expect(page.locator(".strength-word")).toHaveText("Strength: Weak");
    }

    // And what was taken over is what is saved.
    await page.getByRole("button", { name: "Save settings" }).click();
    await expect(page.getByText("Settings saved.")).toBeVisible();
    await page.reload();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue("typed early");
    watch.clean();
  } finally {
    await server.stop();
  }
});
