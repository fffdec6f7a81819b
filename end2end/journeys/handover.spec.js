// How a person gets in for the first time, or again: by a link, by a sheet, after too many wrong passwords.
import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { expectClean } from "../support/accessibility.js";
import { linkIn, passwordIn, writtenMessages } from "../support/mail.js";
import { change, newDatabase } from "../support/postgres.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { administrator, chooseFile, confirm, forget, hydrated, setUp, signIn, totals, watchConsole } from "../support/people.js";

const NEW = "seven lanterns over the harbour 3";
const OTHER = "a slow tram past the old mill 8";

const messageTo = async (server, username) => (await writtenMessages(server.data)).filter((message) => message.to === `${username}@example.org`);

async function importPeople(page, server, count, mailed) {
  await chooseFile(page, server, file("people.csv", roster(count)));
  await totals(page);
  if (mailed) {
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await page.getByLabel("What the mail brings").selectOption(mailed);
  }
  await confirm(page);
  await expect(page.getByRole("heading", { name: new RegExp(`${count} accounts? created`) })).toBeVisible();
  await hydrated(page);
}

async function choosePassword(page, password) {
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByLabel("Repeat new password").fill(password);
}

/** Someone else's browser. */
const visitor = async (browser) => (await browser.newContext()).newPage();

test("a link by mail sets the first password once, and scanners use nothing up", async ({ browser, page, request }) => {
  const server = await startServer();
  try {
    await setUp(page, server);
    await importPeople(page, server, 1, "link");
    await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(1);
    const [message] = await writtenMessages(server.data);
    expect(message.text).not.toMatch(/[0-9A-Z]{5}-[0-9A-Z]{5}-/);
    const link = linkIn(message);
    for (let time = 0; time < 3; time += 1) expect((await request.get(link)).status()).toBe(200);

    const theirs = await visitor(browser);
    const watch = watchConsole(theirs);
    const asked = [];
    theirs.on("request", (sent) => asked.push(sent.url(), sent.headers().referer ?? ""));
    await theirs.goto(link);
    await expect(theirs.getByRole("heading", { name: "Welcome, Given00001" })).toBeVisible();
    await expect(theirs.getByText("person00001", { exact: true })).toBeVisible();
    await expectClean(theirs, "link");
    await choosePassword(theirs, "person00001 person00001");
    await theirs.getByRole("button", { name: "Set password and sign in" }).click();
    await expect(theirs.getByRole("alert")).toBeVisible();
    await choosePassword(theirs, NEW);
    await theirs.getByRole("button", { name: "Set password and sign in" }).click();
    await theirs.waitForURL("**/me");
    await hydrated(theirs);
    await expect(theirs.getByText("person00001@example.org")).toBeVisible();
    const token = link.split("#")[1];
    expect(asked.filter((address) => address.includes(token))).toEqual([]);
    watch.clean();

    // Used up, incomplete, made up: one page that says what to do.
    const late = await visitor(browser);
    for (const dead of [link, `${server.url}/password/set`, `${server.url}/password/set#${"A".repeat(64)}`]) {
      await late.goto("about:blank");
      await late.goto(dead);
      await expect(late.getByRole("heading", { name: "This link does not work" })).toBeVisible();
    }
    await expectClean(late, "link-dead");
    await signIn(late, server, "person00001", NEW);
    await late.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    expect(server.everythingWritten()).not.toContain(token);
  } finally {
    await server.stop();
  }
});

test("a link works without scripts, too", async ({ browser, page }) => {
  const server = await startServer();
  try {
    await setUp(page, server);
    await importPeople(page, server, 1, "link");
    await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(1);
    const link = linkIn((await writtenMessages(server.data))[0]);
    const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await plain.goto(link);
    await plain.getByLabel("Code from the link").fill(link.split("#")[1]);
    await choosePassword(plain, NEW);
    await plain.getByRole("button", { name: "Set password and sign in" }).click();
    await plain.waitForURL("**/me");
    await expect(plain.getByText("person00001@example.org")).toBeVisible();
  } finally {
    await server.stop();
  }
});

test("a sheet gets people in who have no mail, and ends what was handed out before", async ({ browser, page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await importPeople(page, server, 3);

    // A table of all three.
    await page.getByRole("button", { name: "Download sheet" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("3 people.", { exact: true })).toBeVisible();
    await expect(dialog.getByText("login details that these people got earlier stop working")).toBeVisible();
    await expectClean(page, "sheet-dialog");
    await dialog.getByLabel(/Table/).check();
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Download sheet" }).click();
    const table = readFileSync(await (await download).path(), "utf8");
    const rows = table.replace("\ufeff", "").trim().split("\r\n").map((line) => line.split(","));
    expect(rows[0]).toEqual(["Username", "Name", "Temporary password", "Link", "Sign in at", "Valid until"]);
    expect(rows).toHaveLength(4);
    await expect(dialog).toBeHidden();

    // Slips for two of them.
    await page.goto(`${server.url}/admin/people?show=never_signed_in`);
    await hydrated(page);
    for (const username of ["person00001", "person00002"]) {
      await page.getByRole("row").filter({ hasText: `${username}@example.org` }).getByRole("checkbox").check();
    }
    await page.getByRole("button", { name: "Download sheet" }).click();
    // Five minutes later, as far as this page is told: postcard's `false`.
    await page.route("**/api/me/proven", (route) =>
      route.fulfill({ status: 200, contentType: "application/postcard", body: Buffer.from([0]) }),
    );
    const choices = page.getByRole("dialog", { name: /^Download a sheet/ });
    await choices.getByRole("button", { name: "Download sheet" }).click();
    const proof = page.getByRole("dialog", { name: "Your password, once more" });
    await proof.getByLabel("Password").fill(administrator.password);
    const opened = page.context().waitForEvent("page");
    await proof.getByRole("button", { name: "Go on" }).click();
    const slips = await opened;
    const paper = watchConsole(slips);
    await expect(slips.getByRole("heading", { name: "Login details for 2 people" })).toBeVisible();
    await expect(slips.getByRole("img", { name: /QR code/ })).toHaveCount(2);
    await expectClean(slips, "slips");
    await slips.emulateMedia({ media: "print" });
    await expect(slips.getByRole("button", { name: "Print" })).toBeHidden();
    await expect(slips.locator(".slip").first()).toBeVisible();
    if (process.env.SHOTS) await slips.pdf({ path: `${process.env.SHOTS}/slips.pdf`, format: "A4" });
    const password = await slips.locator(".slip").filter({ hasText: "person00001" }).locator("dd").nth(1).innerText();
    paper.clean();

    // The table's secret is over for who is on the slips, and good for the third.
    const theirs = await visitor(browser);
    await signIn(theirs, server, "person00001", rows[1][2]);
    await expect(theirs.getByRole("alert")).toBeVisible();
    await theirs.goto("about:blank");
    await expect(async () => {
      await signIn(theirs, server, "person00001", password);
      await theirs.waitForURL("**/password", { timeout: 2_000 });
    }).toPass({ timeout: 20_000 });
    const third = await visitor(browser);
    await third.goto(rows[3][3]);
    await expect(third.getByRole("heading", { name: "Welcome, Given00003" })).toBeVisible();

    await page.goto(`${server.url}/admin/audit`);
    await expect(page.getByRole("cell", { name: "login details on a sheet for 3 people" })).toBeVisible();
    expect(server.everythingWritten()).not.toContain(password);
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("who is locked out gets in again by a forgotten password, or by the administrator", async ({ browser, page }) => {
  const database = newDatabase();
  const server = await startServer({ env: { ROLLCALL_DATABASE_URL: database } });
  try {
    await setUp(page, server);
    await importPeople(page, server, 2, "password");
    await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(2);
    const first = passwordIn((await messageTo(server, "person00001"))[0]);
    const second = passwordIn((await messageTo(server, "person00002"))[0]);

    // The first has an own password, and somebody guesses at it until every guess is refused at once.
    const theirs = await visitor(browser);
    await signIn(theirs, server, "person00001", first);
    await theirs.waitForURL("**/password");
    await hydrated(theirs);
    await theirs.getByLabel("Current password").fill(first);
    await choosePassword(theirs, NEW);
    await theirs.getByRole("button", { name: "Change password" }).click();
    await theirs.waitForURL("**/me");
    const guesser = await visitor(browser);
    await guesser.goto(`${server.url}/sign-in`);
    await hydrated(guesser);
    for (const username of ["person00001", "person00002"]) {
      await guesser.getByLabel("Username or email").fill(username);
      for (let guess = 0; guess < 3; guess += 1) {
        await guesser.getByLabel("Password", { exact: true }).fill(`a guess of number ${guess}`);
        const answered = guesser.waitForResponse("**/api/public/sign_in");
        await guesser.getByRole("button", { name: "Sign in" }).click();
        expect((await answered).status()).toBe(422);
        await expect(guesser.getByRole("alert")).toBeVisible();
      }
    }
    // Whoever has the right one is refused with the very same words while the account waits. After three guesses that is
    // some seconds; here it is as long as after a hundred, so that nothing depends on how fast this machine is.
    const longer = `update credential set next_attempt_at = next_attempt_at + ${24 * 60 * 60 * 1000} where next_attempt_at > 0`;
    expect(change(database, longer)).toBe(2);
    const words = await guesser.getByRole("alert").innerText();
    for (const [username, right] of [["person00001", NEW], ["person00002", second]]) {
      await guesser.getByLabel("Username or email").fill(username);
      await guesser.getByLabel("Password", { exact: true }).fill(right);
      const refused = guesser.waitForResponse("**/api/public/sign_in");
      await guesser.getByRole("button", { name: "Sign in" }).click();
      expect((await refused).status()).toBe(422);
      await expect(guesser.getByRole("alert")).toHaveText(words);
    }
    await expectClean(guesser, "refused");

    // By a link of one's own asking.
    await theirs.context().clearCookies();
    await forget(theirs, server, "person00001");
    const mails = async () => (await messageTo(server, "person00001")).filter((message) => message.text.includes("/password/reset#"));
    await expect.poll(async () => (await mails()).length, { timeout: 30_000 }).toBe(1);
    await theirs.goto((await mails())[0].text.match(/https?:\S+\/password\/reset\S+/)[0]);
    await hydrated(theirs);
    await choosePassword(theirs, OTHER);
    await theirs.getByRole("button", { name: "Set password" }).click();
    await theirs.waitForURL("**/sign-in");
    await signIn(theirs, server, "person00001", OTHER);
    await theirs.waitForURL((url) => !url.pathname.startsWith("/sign-in"));

    // By the administrator, who sends login details again.
    await page.goto(`${server.url}/admin/people`);
    await hydrated(page);
    await page.getByRole("row").filter({ hasText: "person00002@example.org" }).getByRole("checkbox").check();
    await page.getByRole("button", { name: "Send login details" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Send login details" }).click();
    await page.waitForURL(/\/admin\/waves\//);
    await expect.poll(async () => (await messageTo(server, "person00002")).length, { timeout: 30_000 }).toBe(2);
    const again = (await messageTo(server, "person00002")).find((message) => message.text.includes("/password/set#"));
    const back = await visitor(browser);
    await back.goto(linkIn(again));
    await expect(back.getByRole("heading", { name: "Welcome, Given00002" })).toBeVisible();
    await choosePassword(back, NEW);
    await back.getByRole("button", { name: "Set password and sign in" }).click();
    await back.waitForURL("**/me");
  } finally {
    await server.stop();
  }
});
