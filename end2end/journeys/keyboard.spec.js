// The administrator's journey without a mouse.
import { expect, test } from "@playwright/test";
import { startServer } from "../support/server.js";
import { file } from "../support/roster.js";
import { administrator, hydrated, totals } from "../support/people.js";

/** Presses Tab until an element with this role and name has the focus. */
async function tabTo(page, role, name) {
  const wanted = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 120; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement).catch(() => false)) return wanted;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${role} ${name}`);
}

test("setup, review, mending a cell, confirming: by keyboard alone", async ({ page }) => {
  const server = await startServer();
  try {
    await page.goto(server.setupLink);
    await hydrated(page);
    for (const [name, text] of [
      ["Username", administrator.username], ["Email", administrator.email], ["First name", "Root"], ["Last name", "Admin"],
      ["Password", administrator.password], ["Repeat password", administrator.password],
    ]) {
      await tabTo(page, "textbox", new RegExp(`^${name}$`));
      await page.keyboard.type(text);
    }
    await tabTo(page, "button", "Create administrator");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/admin/people/import");
    await hydrated(page);

    const chooser = page.waitForEvent("filechooser");
    await tabTo(page, "button", "Choose file");
    await page.keyboard.press("Enter");
    const bytes = "Username,First name,Last name,Email\nasmith,Anna,Smith,anna.smith@\nbjones,Bo,Jones,bo.jones@example.org\n";
    await (await chooser).setFiles(file("two.csv", Buffer.from(bytes)));
    expect(await totals(page)).toMatchObject({ rows: 2, "add new": 1, invalid: 1 });

    await tabTo(page, "button", /^Email, row 1/);
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.type("example.org");
    await page.keyboard.press("Enter");
    await expect(page.locator(".sum")).toContainText(/2\s*add new/);
    const box = await tabTo(page, "checkbox", "Add new, row 2");
    await page.keyboard.press("Space");
    await expect(page.locator(".sum")).toContainText(/1\s*skip/);
    await expect(box).toBeFocused();
    await page.keyboard.press("Space");
    await expect(page.locator(".sum")).toContainText(/2\s*add new/);

    await tabTo(page, "button", /^Confirm submit/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "2 accounts created" })).toBeVisible();
  } finally {
    await server.stop();
  }
});
