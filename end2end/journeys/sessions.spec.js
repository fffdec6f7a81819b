// Where somebody is signed in, and what asks for the password once more.
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { startServer } from "../support/server.js";
import { administrator, hydrated, setUp, signIn, watchConsole } from "../support/people.js";

test("other sessions are seen and ended on the own page", async ({ browser }) => {
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    const watch = watchConsole(page);
    await setUp(page, server);
    const others = [];
    for (let number = 0; number < 2; number += 1) {
      const other = await (await browser.newContext()).newPage();
      await signIn(other, server, administrator.username, administrator.password);
      await other.waitForURL("**/people");
      others.push(other);
    }
    await page.goto(`${server.url}/me`);
    await hydrated(page);
    const sessions = page.getByRole("region", { name: "Where you are signed in" });
    await expect(sessions.getByRole("listitem")).toHaveCount(3);
    await expect(sessions.getByText("This session")).toHaveCount(1);
    await expect(sessions.getByText("Chrome on Linux")).toHaveCount(3);
    await expectClean(page, "sessions");
    await sessions.getByRole("button", { name: /^Sign out: / }).first().click();
    await expect(sessions.getByRole("listitem")).toHaveCount(2);
    await signIn(others[0], server, administrator.username, administrator.password);
    await others[0].waitForURL("**/people");
    await page.reload();
    await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
    await expect(sessions.getByRole("listitem")).toHaveCount(1);
    for (const other of others) {
      await other.goto(`${server.url}/me`);
      await other.waitForURL(/\/sign-in\?next=/);
    }
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("settings ask for the password once more when it was given a while ago", async ({ browser }) => {
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    const watch = watchConsole(page);
    await setUp(page, server);
    await page.goto(`${server.url}/admin/settings`);
    await hydrated(page);
    await page.getByLabel("Name", { exact: true }).fill("Acme");
    // Five minutes later, as far as this page is told.
    let late = true;
    await page.route("**/api/admin/save_settings", (route) =>
      late
        ? route.fulfill({ status: 403, contentType: "application/json", headers: { serverfnerror: "guard" }, body: '"ProofRequired"' })
        : route.continue(),
    );
    await page.getByRole("button", { name: "Save settings" }).click();
    const dialog = page.getByRole("dialog", { name: "Your password, once more" });
    await expect(dialog.getByLabel("Password")).toBeFocused();
    await expectClean(page, "proof");
    await dialog.getByLabel("Password").fill("not this one");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await expect(dialog.getByRole("alert")).toContainText("not right");
    late = false;
    // The account waits a second after a wrong one.
    await expect(async () => {
      await dialog.getByLabel("Password").fill(administrator.password);
      await dialog.getByRole("button", { name: "Go on" }).click();
      await expect(dialog).toBeHidden({ timeout: 1000 });
    }).toPass();
    await expect(page.getByText("Settings saved.")).toBeVisible();
    watch.clean();
  } finally {
    await server.stop();
  }
});
