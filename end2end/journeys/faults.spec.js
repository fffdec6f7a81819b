// The bad day: power cuts, seats that run out, a page that is reloaded, rows that no browser would have sent.
import { expect, test } from "@playwright/test";
import { startMailServer } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

test("10,000 rows: free scrolling, a reload in the middle, every account there", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("large.csv", roster(10_000)));
    expect(await totals(page)).toMatchObject({ rows: 10_000, "add new": 10_000, invalid: 0 });
    const rows = page.getByRole("region", { name: "Rows", exact: true }).locator("visible=true").last();
    await page.locator(".rows").evaluate((element) => { element.scrollTop = element.scrollHeight; });
    await expect(page.getByRole("cell", { name: "10,000", exact: true })).toBeVisible();
    await page.locator(".rows").evaluate((element) => { element.scrollTop = element.scrollHeight / 2; });
    await expect(page.getByRole("cell", { name: "5,003", exact: true })).toBeVisible();
    await expect(rows).toBeVisible();
    await confirm(page);
    await page.reload();
    await expect(page.getByRole("heading", { name: "10,000 accounts created" })).toBeVisible({ timeout: 60_000 });
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("kill -9 in the middle of an import: it completes by itself, nothing is missing or double", async ({ page }) => {
  const smtp = await startMailServer();
  const server = await startServer({ env: { ROLLCALL_SMTP_URL: smtp.url, ROLLCALL_MAIL_FROM: "rollcall@example.org" } });
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("cut.csv", roster(4_000)));
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await confirm(page);
    await server.kill();
    await server.restart();
    await page.reload();
    await expect(page.getByRole("heading", { name: "4,000 accounts created" })).toBeVisible({ timeout: 60_000 });
    // Again while mails are leaving.
    await expect.poll(() => smtp.taken.length, { timeout: 60_000 }).toBeGreaterThan(50);
    await server.kill();
    await server.restart();
    const told = () => new Set(smtp.taken.map((mail) => mail.to[0])).size;
    await expect.poll(told, { timeout: 100_000 }).toBe(4_000);
    await page.goto(`${server.url}/admin/people`);
    await hydrated(page);
    await expect(page.getByText("4,001")).toBeVisible();
  } finally {
    await server.stop();
    await smtp.stop();
  }
});

test("100 seats and two imports of 80 at once: 100 accounts, 60 rows say why not", async ({ browser }) => {
  const server = await startServer({ env: { ROLLCALL_SEATS: "100" } });
  try {
    const context = await browser.newContext();
    const first = await context.newPage();
    await setUp(first, server);
    const second = await context.newPage();
    await chooseFile(first, server, file("one.csv", roster(80, { prefix: "one" })));
    await chooseFile(second, server, file("two.csv", roster(80, { prefix: "two" })));
    await totals(first);
    await totals(second);
    await Promise.all([confirm(first), confirm(second)]);
    const created = async (page) => {
      await expect(page.getByRole("heading", { name: /accounts? created/ })).toBeVisible();
      return Number((await page.getByRole("heading", { level: 1 }).innerText()).match(/\d+/)[0]);
    };
    const failed = async (page) => Number((await page.getByRole("link", { name: /Failed/ }).locator(".stat-value").innerText()));
    expect((await created(first)) + (await created(second))).toBe(100);
    expect((await failed(first)) + (await failed(second))).toBe(60);
    const short = (await failed(first)) > 0 ? first : second;
    await short.getByRole("link", { name: /\d+\s*Failed/ }).click();
    await expect(short.getByText("seats.exhausted").first()).toBeVisible();
  } finally {
    await server.stop();
  }
});
