// Mail that cannot leave: administrators are told on every page, with the reason and what to do, until it has gone.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { expectClean } from "../support/accessibility.js";
import { startMailServer, writtenMessages } from "../support/mail.js";
import { program, startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

const banner = (page, name) => page.getByRole("region", { name });

async function importMailed(page, server, count) {
  await chooseFile(page, server, file("people.csv", roster(count)));
  await totals(page);
  await page.getByLabel("Email login details when the password has changed or was generated").check();
  await confirm(page);
  await expect(page.getByRole("heading", { name: `${count} accounts created` })).toBeVisible();
}

test("a mail server that refuses our password is told of on every page until it is mended", async ({ page }) => {
  const mail = await startMailServer({ login: { user: "people", pass: "the right one" } });
  const env = { ROLLCALL_SMTP_URL: mail.url.replace("smtp://", "smtp://people:stale@") };
  const server = await startServer({ env });
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await expect(banner(page, "Mail waits")).toHaveCount(0);
    await importMailed(page, server, 3);
    for (const path of ["/people", "/me", "/admin/people", "/admin/people/import", "/admin/mail"]) {
      await expect(async () => {
        await page.goto(`${server.url}${path}`);
        await expect(banner(page, "Mail waits")).toBeVisible({ timeout: 1_000 });
      }).toPass();
      await hydrated(page);
      const told = banner(page, "Mail waits");
      await expect(told).toContainText("No mail leaves: the mail server refuses our user name or password");
      await expect(told).toContainText("3 mails wait, none is lost. It began");
      await expect(told.locator("q")).toContainText("535");
      await expect(told).toContainText("mends them in smtp_url and starts it again");
      await expectClean(page, `mail-waits${path.replaceAll("/", "-")}`);
    }
    // Where there is more to see, by one link.
    await page.goto(`${server.url}/people`);
    await hydrated(page);
    await banner(page, "Mail waits").getByRole("link", { name: "See mail" }).click();
    await page.waitForURL("**/admin/mail?state=queued");
    await expect(page.getByRole("row").filter({ hasText: "person0000" })).toHaveCount(3);
    expect(mail.taken).toHaveLength(0);
    expect(server.everythingWritten()).not.toContain("stale");

    // Mended and started again: everything goes out at once, and nothing is told any more.
    await page.goto("about:blank");
    await server.end();
    env.ROLLCALL_SMTP_URL = mail.url.replace("smtp://", "smtp://people:the%20right%20one@");
    await server.restart();
    await expect.poll(() => mail.taken.length).toBe(3);
    await expect(async () => {
      await page.goto(`${server.url}/admin/mail`);
      await expect(banner(page, "Mail waits")).toHaveCount(0, { timeout: 1_000 });
    }).toPass();
    watch.clean();
  } finally {
    await server.stop();
    await mail.stop();
  }
});

test("a test mail that goes out ends the waiting", async ({ page }) => {
  const mail = await startMailServer({ login: { user: "people", pass: "the right one" } });
  const server = await startServer({ env: { ROLLCALL_SMTP_URL: mail.url.replace("smtp://", "smtp://people:other@") } });
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await importMailed(page, server, 2);
    await expect(async () => {
      await page.goto(`${server.url}/admin/mail`);
      await expect(banner(page, "Mail waits")).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await hydrated(page);
    // The mail server's own list of passwords was what was wrong.
    mail.login.pass = "other";
    await page.getByRole("button", { name: "Send a test mail" }).click();
    await expect(page.getByText("The test mail was taken")).toBeVisible();
    await expect.poll(() => mail.taken.length).toBe(3);
    await page.reload();
    await expect(page.getByRole("heading", { name: "Mail", level: 1 })).toBeVisible();
    await expect(banner(page, "Mail waits")).toHaveCount(0);
    watch.clean();
  } finally {
    await server.stop();
    await mail.stop();
  }
});

test("mail that a restored copy holds back is told of until somebody lets it go", async ({ page }) => {
  const mail = await startMailServer({ login: { user: "people", pass: "the right one" } });
  const env = { ROLLCALL_SMTP_URL: mail.url.replace("smtp://", "smtp://people:stale@") };
  const server = await startServer({ env });
  const rollcall = (...words) => execFileSync(program, words, { env: { ...env, ROLLCALL_DATA_DIR: server.data }, encoding: "utf8" });
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await importMailed(page, server, 2);
    await page.goto("about:blank");
    await server.end();
    expect(rollcall("mail", "hold")).toContain("2 mails are held back");
    delete env.ROLLCALL_SMTP_URL;
    await server.restart();
    await page.goto(`${server.url}/people`);
    await hydrated(page);
    const told = banner(page, "Mail is held back");
    await expect(told).toContainText("2 mails are held back: this database comes from a copy");
    await expect(told).toContainText("rollcall mail release");
    await expectClean(page, "mail-held");
    await told.getByRole("link", { name: "See mail" }).click();
    await page.waitForURL("**/admin/mail?state=failed");
    expect(await writtenMessages(server.data)).toHaveLength(0);

    expect(rollcall("mail", "release")).toContain("2 mails");
    await expect.poll(async () => (await writtenMessages(server.data)).length).toBe(2);
    await page.goto(`${server.url}/people`);
    await hydrated(page);
    await expect(page.getByRole("region", { name: "Mail is held back" })).toHaveCount(0);
    watch.clean();
  } finally {
    await server.stop();
    await mail.stop();
  }
});
