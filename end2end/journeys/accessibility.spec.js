// Every page, light and dark, wide and narrow: axe finds nothing, nothing sticks out at the side.
import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { expectClean } from "../support/accessibility.js";
import { passwordIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, signIn, totals, watchConsole } from "../support/people.js";

const problems = readFileSync(new URL("../../app/roster/tests/fixtures/problems.csv", import.meta.url));

test("axe finds no violation on any page", async ({ browser }) => {
  test.setTimeout(300_000);
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    const watch = watchConsole(page);
    await page.goto(server.setupLink);
    await hydrated(page);
    await expectClean(page, "/setup");
    await setUp(page, server);
    await expectClean(page, "the empty workbench");
    await chooseFile(page, server, file("problems.csv", problems));
    await totals(page);
    await expectClean(page, "a review");
    await chooseFile(page, server, file("intake.csv", roster(30)));
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await confirm(page);
    await expect(page.getByRole("heading", { name: "30 accounts created" })).toBeVisible();
    await expectClean(page, "results");
    for (const path of ["/people", "/people/person00001", "/me", "/password", "/admin/people", "/admin/imports", "/admin/waves", "/admin/mail", "/admin/settings", "/admin/audit"]) {
      await page.goto(`${server.url}${path}`);
      await hydrated(page);
      await expectClean(page, path);
    }
    await page.goto(`${server.url}/nowhere`);
    await expectClean(page, "not found");
    watch.clean();

    const theirs = await (await browser.newContext()).newPage();
    await theirs.goto(`${server.url}/sign-in`);
    await hydrated(theirs);
    await expectClean(theirs, "/sign-in");
    for (const path of ["/password/forgot", "/password/reset", "/password/set"]) {
      await theirs.goto(`${server.url}${path}`);
      await hydrated(theirs);
      await expectClean(theirs, path);
    }
    await expect.poll(async () => (await writtenMessages(server.data)).length).toBe(30);
    const [message] = await writtenMessages(server.data);
    await signIn(theirs, server, message.to.split("@")[0], passwordIn(message));
    await theirs.waitForURL("**/password");
    await hydrated(theirs);
    await expectClean(theirs, "/password, due");
  } finally {
    await server.stop();
  }
});
