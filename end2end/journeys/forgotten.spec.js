// Somebody has forgotten the password: a link by mail sets a new one, once.
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { administrator, hydrated, setUp, signIn, watchConsole } from "../support/people.js";

const NEW = "seven lanterns over the harbour 3";

async function setPassword(page, password) {
  await page.getByLabel("New password", { exact: true }).fill(password);
  await page.getByLabel("Repeat new password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
}

test("a forgotten password is set anew by a link that works once", async ({ browser, page }) => {
  const server = await startServer();
  try {
    await setUp(page, server);
    const theirs = await (await browser.newContext()).newPage();
    const watch = watchConsole(theirs);
    await theirs.goto(`${server.url}/sign-in`);
    await hydrated(theirs);
    await theirs.getByRole("link", { name: /forgot/i }).click();
    await theirs.waitForURL("**/password/forgot");
    await hydrated(theirs);
    await theirs.getByLabel("Username or email").fill(administrator.username);
    await theirs.getByRole("button", { name: "Send link" }).click();
    await expect(theirs.getByText("a link is on its way")).toBeVisible();
    await expectClean(theirs, "forgot-asked");
    await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(1);
    const [message] = await writtenMessages(server.data);
    expect(message.to).toBe(administrator.email);
    const link = message.text.match(/https?:\S+\/password\/reset\S+/)[0];

    await theirs.goto(link);
    await hydrated(theirs);
    await expect(theirs.getByLabel("Code from the link")).toBeHidden();
    await expectClean(theirs, "reset");
    await setPassword(theirs, NEW);
    await theirs.waitForURL((url) => !url.pathname.endsWith("/password/reset"));
    await signIn(theirs, server, administrator.username, NEW);
    await expect(theirs).not.toHaveURL(/sign-in/);

    // Without a script, or without the link's code, it is put in by hand.
    const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await plain.goto(link);
    await expect(plain.getByLabel("Code from the link")).toBeVisible();
    await theirs.goto(`${server.url}/password/reset`);
    await expect(theirs.getByLabel("Code from the link")).toBeVisible();

    // The link is used up, and the old password is gone.
    const late = await (await browser.newContext()).newPage();
    await late.goto(link);
    await hydrated(late);
    await setPassword(late, `${NEW}x`);
    await expect(late.getByRole("alert")).toBeVisible();
    await expectClean(late, "reset-dead");
    await signIn(late, server, administrator.username, administrator.password);
    await expect(late.getByRole("alert")).toBeVisible();
    watch.clean();
  } finally {
    await server.stop();
  }
});
