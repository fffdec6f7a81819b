// Every page, light and dark, wide and narrow: axe finds nothing, nothing sticks out at the side.
import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { expectAccessible } from "../support/accessibility.js";
import { passwordIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, signIn, totals, watchConsole } from "../support/people.js";

const problems = readFileSync(new URL("../../app/roster/tests/fixtures/problems.csv", import.meta.url));

/** Waits until the page is drawn in its new size and colours: what is measured in between belongs to neither. */
async function settled(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    await frame();
    await frame();
    const ending = document.getAnimations().filter((animation) => animation.effect?.getTiming().iterations !== Infinity);
    await Promise.all(ending.map((animation) => animation.finished.catch(() => {})));
    await frame();
  });
}

async function examine(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      await settled(page);
      await expectAccessible(page, `${name}, ${colorScheme}, ${width} px`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways, `${name} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("axe finds no violation on any page", async ({ browser }) => {
  test.setTimeout(300_000);
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    const watch = watchConsole(page);
    await page.goto(server.setupLink);
    await hydrated(page);
    await examine(page, "/setup");
    await setUp(page, server);
    await examine(page, "the empty workbench");
    await chooseFile(page, server, file("problems.csv", problems));
    await totals(page);
    await examine(page, "a review");
    await chooseFile(page, server, file("intake.csv", roster(30)));
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await confirm(page);
    await expect(page.getByRole("heading", { name: "30 accounts created" })).toBeVisible();
    await examine(page, "results");
    for (const path of ["/people", "/people/person00001", "/me", "/password", "/admin/people", "/admin/imports", "/admin/waves", "/admin/mail", "/admin/settings", "/admin/audit"]) {
      await page.goto(`${server.url}${path}`);
      await hydrated(page);
      await examine(page, path);
    }
    await page.goto(`${server.url}/nowhere`);
    await examine(page, "not found");
    watch.clean();

    const theirs = await (await browser.newContext()).newPage();
    await theirs.goto(`${server.url}/sign-in`);
    await hydrated(theirs);
    await examine(theirs, "/sign-in");
    for (const path of ["/password/forgot", "/password/reset", "/password/set"]) {
      await theirs.goto(`${server.url}${path}`);
      await hydrated(theirs);
      await examine(theirs, path);
    }
    await expect.poll(async () => (await writtenMessages(server.data)).length).toBe(30);
    const [message] = await writtenMessages(server.data);
    await signIn(theirs, server, message.to.split("@")[0], passwordIn(message));
    await theirs.waitForURL("**/password");
    await hydrated(theirs);
    await examine(theirs, "/password, due");
  } finally {
    await server.stop();
  }
});
