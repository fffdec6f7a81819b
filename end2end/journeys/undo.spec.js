// Second thoughts: an import is taken back after half of its people have signed in.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { passwordIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, setUp, signIn, totals, watchConsole } from "../support/people.js";

const PEOPLE = 6;

test("an import is undone after half of the people signed in: the other half is gone, and the list says why", async ({ browser, page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("mistake.csv", roster(PEOPLE)));
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await confirm(page);
    await expect(page.getByRole("heading", { name: `${PEOPLE} accounts created` })).toBeVisible();
    await page.getByRole("link", { name: "Imports" }).first().click();
    await page.getByRole("link", { name: "mistake.csv" }).click();
    await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(PEOPLE);

    const stayed = new Set();
    for (const message of (await writtenMessages(server.data)).slice(0, PEOPLE / 2)) {
      const username = message.to.split("@")[0];
      const context = await browser.newContext();
      const theirs = await context.newPage();
      await signIn(theirs, server, username, passwordIn(message));
      await theirs.waitForURL("**/password*");
      await context.close();
      stayed.add(username);
    }
    expect(stayed.size).toBe(PEOPLE / 2);

    await page.getByRole("button", { name: "Undo import" }).click();
    const dialog = page.getByRole("dialog", { name: "Undo this import?" });
    await expect(dialog).toBeVisible();
    await dialog.getByRole("button", { name: "Undo import" }).click();
    await expect(page.getByRole("heading", { name: "Import undone" })).toBeVisible({ timeout: 15_000 });
    await expect(page.getByText("3 accounts removed, 3 kept; the rows say why.")).toBeVisible();
    await expect(page.getByText("Removed again").first()).toBeVisible();
    for (const row of await page.getByRole("region", { name: "Results by row" }).getByRole("row").all()) {
      const text = await row.innerText();
      const username = text.match(/person\d+/)?.[0];
      if (!username) continue;
      expect(text).toContain(stayed.has(username) ? "The person has signed in with this account." : "Removed again");
    }
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const found = await new AxeBuilder({ page }).analyze();
      expect(found.violations.map((violation) => violation.id)).toEqual([]);
    }
    await page.goto(`${server.url}/admin/people`);
    for (let number = 1; number <= PEOPLE; number += 1) {
      const username = `person${String(number).padStart(5, "0")}`;
      await expect(page.getByText(`${username}@example.org`)).toHaveCount(stayed.has(username) ? 1 : 0);
    }
    watch.clean();
  } finally {
    await server.stop();
  }
});
