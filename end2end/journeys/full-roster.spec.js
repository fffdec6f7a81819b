// A full roster tells who has left; failed rows come back mended.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

test("people who are not in a full roster are shown, deactivated, and opened again by an undo", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("spring.csv", roster(10)));
    await totals(page);
    await confirm(page);
    await expect(page.getByRole("heading", { name: "10 accounts created" })).toBeVisible();

    // Two have left, and one is new.
    await chooseFile(page, server, file("autumn.csv", roster(8, { extra: "newcomer,New,Comer,newcomer@example.org,Sales\r\n" })));
    await totals(page);
    await page.getByLabel("Deactivate people who are not in this file").check();
    await expect(page.getByText("2 of 10 active people are not in this file.", { exact: true })).toBeVisible();
    const button = page.getByRole("button", { name: /^Confirm submit/ });
    await expect(button).toBeDisabled();
    await page.getByLabel("At most, in percent of all active people").fill("20");
    await page.getByLabel("At most, in percent of all active people").press("Tab");
    await expect(button).toBeEnabled();
    await expectClean(page, "full-roster");

    await page.getByRole("button", { name: "Show who" }).click();
    const who = page.getByRole("dialog", { name: "People who are not in this file" });
    await expect(who.getByRole("row")).toHaveCount(3);
    await expect(who.getByText("person00009@example.org")).toBeVisible();
    await expectClean(page, "full-roster-who");
    await who.getByRole("button", { name: "Close" }).last().click();

    await confirm(page);
    await expect(page.getByRole("heading", { name: "1 account created" })).toBeVisible();
    await hydrated(page);
    const left = page.getByRole("region", { name: "People who were not in the file" });
    await expect(left.getByText("Deactivated")).toHaveCount(2);
    await expectClean(page, "full-roster-results");

    await page.getByRole("button", { name: "Undo import" }).click();
    await page.getByRole("dialog", { name: "Undo this import?" }).getByRole("button", { name: "Undo import" }).click();
    await expect(left.getByText("Active again")).toHaveCount(2);
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("failed rows that were mended go on in the import in which they failed", async ({ page }) => {
  const server = await startServer({ env: { ROLLCALL_SEATS: "3" } });
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await chooseFile(page, server, file("earlier.csv", roster(1, { prefix: "earlier" })));
    await totals(page);
    await confirm(page);
    await expect(page.getByRole("heading", { name: "1 account created" })).toBeVisible();
    await chooseFile(page, server, file("people.csv", roster(3)));
    await totals(page);
    await confirm(page);
    await expect(page.getByRole("heading", { name: "2 accounts created" })).toBeVisible();
    const results = page.url();
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download failed rows" }).click();
    const failed = readFileSync(await (await download).path(), "utf8");
    expect(failed).toContain("[import ");

    // There is no seat for the third; the row was meant for somebody who has one.
    const choose = async (chosen) => {
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Choose file" }).click();
      await (await chooser).setFiles(chosen);
      await totals(page);
    };
    const toTheWorkbench = async () => {
      await page.goto(results);
      await hydrated(page);
      await page.getByRole("link", { name: "Choose the mended file" }).click();
      await page.waitForURL(/mends=/);
      await hydrated(page);
      await expect(page.getByText("Failed rows of people.csv")).toBeVisible();
    };
    await toTheWorkbench();
    await expectClean(page, "mended-wanted");
    await choose(file("others.csv", roster(1, { prefix: "others" })));
    await expect(page.getByText("This is not the file of failed rows of people.csv")).toBeVisible();
    await expect(page.getByRole("button", { name: /^Confirm submit/ })).toBeDisabled();
    await toTheWorkbench();
    await choose(file("people-failed.csv", Buffer.from(failed.replaceAll("person00003", "earlier00001"))));
    await page.getByLabel("Existing people").selectOption("overwrite");
    await confirm(page);
    expect(page.url()).toBe(results);
    await expect(page.getByRole("link", { name: "Download failed rows" })).toHaveCount(0);
    await expect(page.getByRole("row", { name: /earlier00001 Updated/ })).toBeVisible();
    watch.clean();
  } finally {
    await server.stop();
  }
});
