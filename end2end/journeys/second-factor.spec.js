// A code beside the password: set up, asked for, and what helps when the phone is gone.
import { createHmac } from "node:crypto";
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { passwordIn, writtenMessages } from "../support/mail.js";
import { change, newDatabase } from "../support/postgres.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { administrator, chooseFile, confirm, hydrated, setUp, signIn, totals, watchConsole } from "../support/people.js";

const OWN = "seven lanterns over the harbour 3";
const visitor = async (browser) => (await browser.newContext()).newPage();

/** The code that an app shows for a secret in base 32 (RFC 6238), so many steps from now. */
function code(secret, later = 0) {
  const bits = [...secret].map((symbol) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(symbol).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac("sha1", key).update(step).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

test("a second factor is set up, asked for at the next sign-in, and a recovery code helps", async ({ browser }) => {
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    const watch = watchConsole(page);
    await setUp(page, server);
    await page.goto(`${server.url}/me`);
    await page.getByRole("link", { name: "Set up second factor" }).click();
    await hydrated(page);
    await expectClean(page, "second-factor-begin");
    await page.getByRole("button", { name: "Set up" }).click();
    await expect(page.getByRole("img", { name: "QR code for the app" })).toBeVisible();
    await hydrated(page);
    await expectClean(page, "second-factor-setup");
    const secret = await page.locator(".step .mono").first().innerText();
    const recovery = await page.locator(".recovery-codes > li").first().innerText();
    await page.getByLabel("Code that the app shows now").fill("12345");
    await page.getByRole("button", { name: "Switch on" }).click();
    await expect(page.getByRole("alert")).toContainText("not the code");
    await page.getByLabel("Code that the app shows now").fill(code(secret));
    await page.getByRole("button", { name: "Switch on" }).click();
    await expect(page.getByText("10 recovery codes left")).toBeVisible();
    await expectClean(page, "second-factor-on");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");

    // A wrong code, then the next one: the clock of a phone may be a step ahead.
    await signIn(page, server, administrator.username, administrator.password);
    await page.waitForURL("**/sign-in/code");
    await hydrated(page);
    await expectClean(page, "second-factor-code");
    await page.getByLabel("Code").fill("12345");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("That did not work");
    await page.goto(`${server.url}/people`);
    await page.waitForURL(/\/sign-in\?next=/);
    await page.goto(`${server.url}/sign-in/code`);
    await hydrated(page);
    await expect(async () => {
      await page.getByLabel("Code").fill(code(secret, 1));
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL("**/people", { timeout: 2_000 });
    }).toPass({ timeout: 20_000 });

    // The phone is gone.
    const elsewhere = await (await browser.newContext()).newPage();
    await signIn(elsewhere, server, administrator.username, administrator.password);
    await elsewhere.waitForURL("**/sign-in/code");
    await hydrated(elsewhere);
    await elsewhere.getByLabel("Code").fill(recovery.toLowerCase());
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.waitForURL("**/people");
    await elsewhere.goto(`${server.url}/second-factor`);
    await hydrated(elsewhere);
    await expect(elsewhere.getByText("9 recovery codes left")).toBeVisible();
    await elsewhere.getByRole("button", { name: "Switch off" }).click();
    await expect(elsewhere.getByRole("button", { name: "Set up" })).toBeVisible();
    expect(server.everythingWritten()).not.toContain(secret);
    watch.clean();
  } finally {
    await server.stop();
  }
});

/** Sets a factor up on the page that is open; answers with its secret. */
async function setUpFactor(page) {
  await hydrated(page);
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByRole("img", { name: "QR code for the app" })).toBeVisible();
  await hydrated(page);
  const secret = await page.locator(".step .mono").first().innerText();
  await page.getByLabel("Code that the app shows now").fill(code(secret));
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByText("10 recovery codes left")).toBeVisible();
  return secret;
}

/** Passes the page that asks for a code, with that of a phone whose clock is a step ahead: the present one was used. */
async function giveCode(page, secret, then) {
  await page.waitForURL("**/sign-in/code");
  await hydrated(page);
  await expect(async () => {
    await page.getByLabel("Code").fill(code(secret, 1));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(then, { timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
}

/** One person, whose login details were mailed and who has an own password; signed in on a page of theirs. */
async function newcomer(browser, page, server) {
  await chooseFile(page, server, file("people.csv", roster(1)));
  await totals(page);
  await page.getByLabel("Email login details when the password has changed or was generated").check();
  await confirm(page);
  await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(1);
  const temporary = passwordIn((await writtenMessages(server.data))[0]);
  const theirs = await visitor(browser);
  await signIn(theirs, server, "person00001", temporary);
  await theirs.waitForURL("**/password");
  await hydrated(theirs);
  await theirs.getByLabel("Current password").fill(temporary);
  await theirs.getByLabel("New password", { exact: true }).fill(OWN);
  await theirs.getByLabel("Repeat new password").fill(OWN);
  await theirs.getByRole("button", { name: "Change password" }).click();
  return theirs;
}

/** Chooses on the settings' page who has to have a second factor. */
async function require(page, server, who) {
  await page.goto(`${server.url}/admin/settings`);
  await hydrated(page);
  await page.getByLabel("Has to be set up by").selectOption(who);
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(page.getByText("Settings saved.")).toBeVisible();
}

test("a second factor is required: of administrators, of everybody, of nobody again", async ({ browser, page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    const theirs = await newcomer(browser, page, server);
    await theirs.waitForURL("**/me");

    // Of administrators: whoever sets it has to set one up at the next page, and everybody else goes on.
    await require(page, server, "Administrators");
    await expectClean(page, "second-factor-required");
    await page.goto(`${server.url}/admin/people`);
    await page.waitForURL("**/second-factor");
    await expect(page.getByText("Your organisation asks for a code of an app on your phone")).toBeVisible();
    await expect(page.getByRole("link", { name: "Back to your profile" })).toHaveCount(0);
    await hydrated(page);
    await expectClean(page, "second-factor-due");
    await page.goto(`${server.url}/admin/settings`);
    await page.waitForURL("**/second-factor");
    await setUpFactor(page);
    await page.goto(`${server.url}/admin/settings`);
    await hydrated(page);
    await expect(page.getByLabel("Has to be set up by").locator("option:checked")).toHaveText("Administrators");
    await theirs.goto(`${server.url}/people`);
    await expect(theirs).toHaveURL(`${server.url}/people`);

    // Of everybody: the session that is open asks for it, and so does the next sign-in.
    await require(page, server, "Everybody");
    await theirs.goto(`${server.url}/people`);
    await theirs.waitForURL("**/second-factor");
    const elsewhere = await visitor(browser);
    await signIn(elsewhere, server, "person00001", OWN);
    await elsewhere.waitForURL("**/second-factor");
    const secret = await setUpFactor(theirs);
    await theirs.goto(`${server.url}/people`);
    await expect(theirs).toHaveURL(`${server.url}/people`);
    const again = await visitor(browser);
    await signIn(again, server, "person00001", OWN);
    await giveCode(again, secret, "**/people");

    // Of nobody: who has one can switch it off and is asked for nothing any more.
    await require(page, server, "Nobody has to");
    await again.goto(`${server.url}/second-factor`);
    await again.getByRole("button", { name: "Switch off" }).click();
    await expect(again.getByRole("button", { name: "Set up" })).toBeVisible();
    await again.goto(`${server.url}/people`);
    await expect(again).toHaveURL(`${server.url}/people`);
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("an administrator takes a second factor away from who lost the phone", async ({ browser, page }) => {
  const database = newDatabase();
  const server = await startServer({ env: { ROLLCALL_DATABASE_URL: database } });
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    const theirs = await newcomer(browser, page, server);
    await theirs.waitForURL("**/me");
    await theirs.goto(`${server.url}/second-factor`);
    await setUpFactor(theirs);
    const stuck = await visitor(browser);
    await signIn(stuck, server, "person00001", OWN);
    await stuck.waitForURL("**/sign-in/code");

    // The administrator signed in a while ago: the password is asked for once more, and a wrong one takes nothing away.
    const profile = `${server.url}/people/person00001`;
    expect(change(database, "update session set proven_at = 0")).toBeGreaterThan(1);
    await page.goto(profile);
    await hydrated(page);
    const access = page.getByRole("region", { name: "Signing in" });
    await expect(access.getByText("Second factor: on")).toBeVisible();
    await expect(access.getByRole("button", { name: "Take it away" })).toHaveCount(0);
    await expectClean(page, "second-factor-take-proof");
    await access.getByLabel("Your password, to take it away").fill("not the password of root");
    await access.getByRole("button", { name: "Go on" }).click();
    await expect(access.getByRole("alert")).toBeVisible();
    // The wrong one counts: a moment has to pass.
    await expect(async () => {
      await access.getByLabel("Your password, to take it away").fill(administrator.password);
      await access.getByRole("button", { name: "Go on" }).click();
      await expect(access.getByRole("button", { name: "Take it away" })).toBeVisible({ timeout: 3_000 });
    }).toPass({ timeout: 30_000 });
    await hydrated(page);
    await expectClean(page, "second-factor-take");
    await access.getByLabel("How you know who asks").fill("badge, at the desk");
    await access.getByRole("button", { name: "Take it away" }).click();
    await expect(access.getByText("Second factor: on")).toHaveCount(0);
    await expect(access.getByText("open session")).toBeVisible();

    // The person is told, gets in with the password alone, and the trail says who did it.
    const told = async () => (await writtenMessages(server.data)).filter((message) => message.subject.startsWith("Second factor switched off"));
    await expect.poll(async () => (await told()).map(({ to }) => to), { timeout: 30_000 }).toEqual(["person00001@example.org"]);
    const back = await visitor(browser);
    await signIn(back, server, "person00001", OWN);
    await back.waitForURL("**/people");
    await back.goto(`${server.url}/second-factor`);
    await expect(back.getByRole("button", { name: /Set up|Go on/ })).toBeVisible();
    await page.goto(`${server.url}/admin/audit`);
    await expect(page.getByRole("row").filter({ hasText: "person00001" }).filter({ hasText: /second factor/i }).first()).toContainText(administrator.username);
    watch.clean();
  } finally {
    await server.stop();
  }
});
