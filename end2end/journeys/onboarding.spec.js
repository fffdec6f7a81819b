// The onboarding team: create early and silently, tell people later.
import { expect, test } from "@playwright/test";
import { startMailServer } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

test("accounts are created silently, and a selection is told later", async ({ page }) => {
  const smtp = await startMailServer();
  const server = await startServer({ env: { ROLLCALL_SMTP_URL: smtp.url, ROLLCALL_MAIL_FROM: "rollcall@example.org" } });
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("early.csv", roster(40)));
    expect(await totals(page)).toMatchObject({ "add new": 40 });
    await confirm(page);
    await expect(page.getByRole("heading", { name: "40 accounts created" })).toBeVisible();
    await page.goto(`${server.url}/admin/mail`);
    expect(smtp.taken).toHaveLength(0);

    await page.goto(`${server.url}/admin/people`);
    await hydrated(page);
    const chosen = ["person00003", "person00011", "person00012"];
    for (const username of chosen) {
      await page.getByRole("row").filter({ hasText: `${username}@example.org` }).getByRole("checkbox").check();
    }
    await page.getByRole("button", { name: "Send login details" }).first().click();
    const dialog = page.getByRole("dialog");
    if (await dialog.isVisible()) await dialog.getByRole("button", { name: /Send/ }).click();
    await expect.poll(() => smtp.taken.length, { timeout: 30_000 }).toBe(3);
    expect(smtp.taken.map((mail) => mail.to[0]).sort()).toEqual(chosen.map((name) => `${name}@example.org`));

    // Everyone else stays untold; and a restart sends nothing twice. No page asks a server that is gone.
    await page.goto("about:blank");
    await server.kill();
    await server.restart();
    await page.goto(`${server.url}/admin/mail`);
    await expect(page.getByText("person00011@example.org")).toBeVisible();
    expect(smtp.taken).toHaveLength(3);
    watch.clean();
  } finally {
    await server.stop();
    await smtp.stop();
  }
});
