// Waves: login details for many, now or at a time, at a pace, and again to those who never came.
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { linkIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

const NEW = "seven lanterns over the harbour 3";

/** The number above a word. */
const stat = (page, name) => page.locator(".stat").filter({ hasText: name }).locator(".stat-value");
const step = (page, name) => page.locator(".funnel-step").filter({ hasText: name }).locator(".funnel-count");

test("a wave of links is sent, followed, and sent again to who never came", async ({ browser, page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("autumn.csv", roster(6)));
    await totals(page);
    await confirm(page);
    await expect(page.getByRole("heading", { name: "6 accounts created" })).toBeVisible();

    // From the import's own page, at once, by link as recommended.
    await hydrated(page);
    await page.getByRole("button", { name: "Send login details" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("6 people.", { exact: true })).toBeVisible();
    await expect(dialog.getByLabel(/A link to set a password \(recommended\)/)).toBeChecked();
    await dialog.getByLabel("Name of this wave").fill("Autumn intake");
    await expectClean(page, "dialog");
    await dialog.getByRole("button", { name: "Send login details" }).click();
    await page.waitForURL(/\/admin\/waves\/[0-9a-f-]{36}/);
    await expect(page.getByRole("heading", { name: "Autumn intake", level: 1 })).toBeVisible();
    await expect(step(page, "Mail sent")).toHaveText("6 100%");
    const messages = await writtenMessages(server.data);
    expect(messages).toHaveLength(6);

    // One of them comes.
    const theirs = await (await browser.newContext()).newPage();
    const first = messages.find((message) => message.to === "person00002@example.org");
    await theirs.goto(linkIn(first));
    await expect(theirs.getByText("person00002", { exact: true })).toBeVisible();
    await theirs.getByLabel("New password", { exact: true }).fill(NEW);
    await theirs.getByLabel("Repeat new password").fill(NEW);
    await theirs.getByRole("button", { name: "Set password and sign in" }).click();
    await theirs.waitForURL("**/me");

    await page.reload();
    await hydrated(page);
    await expect(step(page, "Signed in")).toHaveText("1 16%");
    await expect(step(page, "Own password set")).toHaveText("1 16%");
    await expectClean(page, "wave");
    await stat(page, "Sent, not signed in").click();
    await expect(page.getByRole("row").filter({ hasText: "person00002" })).toHaveCount(0);
    await expect(page.getByRole("row").filter({ hasText: "person0000" })).toHaveCount(5);

    // Everybody else gets it again, and the links of before are over.
    await page.getByRole("button", { name: "Send again to those who never signed in" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
    await expect(page.getByRole("heading", { name: "Autumn intake, again", level: 1 })).toBeVisible();
    await expect(step(page, "Mail sent")).toHaveText("5 100%");
    await expect.poll(async () => (await writtenMessages(server.data)).length).toBe(11);
    const third = messages.find((message) => message.to === "person00003@example.org");
    await theirs.context().clearCookies();
    await theirs.goto("about:blank");
    await theirs.goto(linkIn(third));
    await expect(theirs.getByRole("heading", { name: "This link does not work" })).toBeVisible();
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("a wave waits for its time, survives a restart, keeps its pace and can be stopped", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await page.goto(`${server.url}/admin/waves`);
    await hydrated(page);
    await expect(page.getByText("No waves yet")).toBeVisible();
    await expectClean(page, "no-waves");
    await chooseFile(page, server, file("later.csv", roster(5)));
    await totals(page);
    await confirm(page);
    await expect(page.getByRole("heading", { name: "5 accounts created" })).toBeVisible();

    // Tomorrow, for everybody who never signed in.
    await page.goto(`${server.url}/admin/waves`);
    await hydrated(page);
    await page.getByRole("button", { name: "Send to those who never signed in" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("At a time").check();
    await expect(dialog.getByText(/Your time: .+, UTC/)).toBeVisible();
    await dialog.getByLabel("At most so many an hour").check();
    await dialog.getByLabel("Mails an hour").fill("0");
    await expect(dialog.getByText("Give a number of mails an hour.")).toBeVisible();
    await expect(dialog.getByRole("button", { name: "Schedule" })).toBeDisabled();
    await dialog.getByLabel("Mails an hour").fill("60");
    await expectClean(page, "dialog-later");
    await dialog.getByRole("button", { name: "Schedule" }).click();
    await page.waitForURL(/\/admin\/waves\/[0-9a-f-]{36}/);
    await expect(page.getByText("Scheduled", { exact: true })).toBeVisible();
    await expect(page.getByText("at most 60 an hour")).toBeVisible();
    await page.getByRole("button", { name: "Cancel wave" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel wave" }).click();
    await expect(page.getByText("Cancelled", { exact: true })).toBeVisible();
    expect(await writtenMessages(server.data)).toHaveLength(0);

    // Now, one an hour: one goes out, and a restart makes up for nothing.
    await page.goto(`${server.url}/admin/people?show=never_signed_in`);
    await hydrated(page);
    await page.getByRole("row").filter({ hasText: "person00001" }).getByRole("checkbox").check();
    await page.getByRole("row").filter({ hasText: "person00002" }).getByRole("checkbox").check();
    await page.getByRole("row").filter({ hasText: "person00003" }).getByRole("checkbox").check();
    await page.getByRole("button", { name: "Send login details" }).click();
    await dialog.getByLabel("A temporary password").check();
    await dialog.getByLabel("At most so many an hour").check();
    await dialog.getByLabel("Mails an hour").fill("1");
    await dialog.getByRole("button", { name: "Send login details" }).click();
    await page.waitForURL(/\/admin\/waves\/[0-9a-f-]{36}/);
    await expect(step(page, "Mail sent")).toHaveText("1 33%");
    await expect(page.getByText("Sending", { exact: true })).toBeVisible();
    const wave = page.url();
    await page.goto("about:blank");
    await server.kill();
    await server.restart();
    await page.goto(wave);
    await hydrated(page);
    await expect(step(page, "Mail sent")).toHaveText("1 33%");
    expect(await writtenMessages(server.data)).toHaveLength(1);
    await page.getByRole("button", { name: "Cancel wave" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel wave" }).click();
    await expect(page.getByText("Not sent", { exact: true })).toHaveCount(2);
    await page.goto(`${server.url}/admin/waves`);
    await hydrated(page);
    await expect(page.getByRole("row")).toHaveCount(3);
    await expectClean(page, "waves");
    watch.clean();
  } finally {
    await server.stop();
  }
});
