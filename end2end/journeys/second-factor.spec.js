// A code beside the password: set up, asked for, and what helps when the phone is gone.
import { createHmac } from "node:crypto";
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { startServer } from "../support/server.js";
import { administrator, hydrated, setUp, signIn, watchConsole } from "../support/people.js";

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
