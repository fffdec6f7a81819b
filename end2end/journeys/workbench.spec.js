// The workbench says what is so: what cannot be used, what waits, which options apply, what was confirmed.
import { expect, test } from "@playwright/test";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, roster } from "../support/roster.js";
import { administrator, chooseFile, confirm, hydrated, signIn, totals, withServer } from "../support/people.js";

const HEADER = "Username,First name,Last name,Email";
const people = (...rows) => Buffer.from([HEADER, ...rows].join("\n"));

/** Lets files fall onto the page. */
async function drop(page, ...files) {
  const plain = files.map(({ name, buffer }) => ({ name, text: buffer.toString() }));
  await page.evaluate((files) => {
    const data = new DataTransfer();
    for (const { name, text } of files) data.items.add(new File([text], name, { type: "text/csv" }));
    for (const type of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  }, plain);
}

/** Pastes a text where the focus is. */
async function paste(page, text) {
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    (document.activeElement ?? document.body).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
  }, text);
}

test("the rehearsal is never seen, is taken down again, and leaves the workbench ready", async ({ page }) => {
  await withServer(page, async (server) => {
    // What is put up shows in the classes that are given to elements.
    await page.addInitScript(() => {
      window.putUp = [];
      window.seen = 0;
      const watched = (element, value) => {
        if (/\b(rows-table|file-card|facets|toolbar)\b/.test(value)) window.putUp.push(element);
      };
      const attribute = Element.prototype.setAttribute;
      Element.prototype.setAttribute = function (name, value) {
        if (name === "class") watched(this, value);
        return attribute.call(this, name, value);
      };
      new MutationObserver(() => {
        window.seen += document.querySelectorAll(".rows-table, .file-card").length;
      }).observe(document, { childList: true, subtree: true });
    });
    await page.goto(`${server.url}/admin/people/import`);
    await hydrated(page);
    const begun = () => page.evaluate(() => window.putUp.map((element) => element.className));
    expect(await begun(), "nothing before somebody is there").toEqual([]);
    await page.mouse.move(200, 200);
    await page.mouse.move(220, 220);
    await expect.poll(async () => (await begun()).join(" ")).toMatch(/file-card.*toolbar.*rows-table.*facets/);
    // A part that was put up hung on a stage; when all are down, none hangs on anything.
    const hanging = () => page.evaluate(() => window.putUp.filter((element) => element.parentNode && element.getRootNode() !== element && element.matches(".file-card, .toolbar")).length);
    await expect.poll(hanging).toBe(0);
    expect(await page.evaluate(() => [window.seen, window.putUp.filter((element) => element.isConnected).length]), "in the document, where eyes and screen readers are").toEqual([0, 0]);
    await expect(page.getByRole("table", { name: "Rows" })).toHaveCount(0);

    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose file" }).click();
    await (await chooser).setFiles(file("first.csv", people("anna,Anna,Smith,anna@example.org")));
    expect(await totals(page)).toMatchObject({ rows: 1, "add new": 1 });
    await expect(page.getByRole("table", { name: "Rows" })).toHaveCount(1);
    await expect(page.getByRole("table", { name: "Rows" })).toContainText("anna@example.org");
  });
});

test("options are shown as they apply, also to the next file; that a roster is a full one is said of one file", async ({ page }) => {
  await withServer(page, async (server) => {
    const flagged = Buffer.from(`${HEADER},Change password next time\nanna,Anna,Smith,anna@example.org,0\nbert,Bert,Jones,bert@example.org,1`);
    await chooseFile(page, server, file("flags.csv", flagged));
    await totals(page);
    // The file has such a column: what it says counts unless somebody decides otherwise.
    await expect(page.getByLabel("Change password at next sign-in")).toHaveValue("file");
    await page.getByLabel("Existing people").selectOption("overwrite");
    await page.getByLabel("An empty cell means").selectOption("clear");
    await page.getByLabel("Known by").selectOption("email");
    await page.getByLabel("Deactivate people who are not in this file").check();
    await page.getByRole("button", { name: "Choose another file" }).click();

    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose file" }).click();
    await (await chooser).setFiles(file("next.csv", people("cleo,Cleo,Ray,cleo@example.org")));
    await totals(page);
    await expect(page.getByLabel("Change password at next sign-in")).toHaveValue("everyone");
    await expect(page.getByLabel("Existing people")).toHaveValue("overwrite");
    await expect(page.getByLabel("An empty cell means")).toHaveValue("clear");
    await expect(page.getByLabel("Known by")).toHaveValue("email");
    await expect(page.getByLabel("Deactivate people who are not in this file")).not.toBeChecked();
  });
});

test("the focus stays where the work is", async ({ page }) => {
  await withServer(page, async (server) => {
    await page.goto(`${server.url}/admin/people/import`);
    await hydrated(page);
    const rows = [",José,Müller,jose@example.org", ",Łukasz,Żak,lukasz@example.org", "cleo,Cleo,Ray,cleo@", "dora,Dora,Fox,dora@example.org"];
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose file" }).press("Enter");
    await (await chooser).setFiles(file("mend.csv", people(...rows)));
    await totals(page);
    await expect(page.getByRole("heading", { name: "mend.csv" })).toBeFocused();

    // What takes a change back is at hand on a telephone, too.
    await page.setViewportSize({ width: 320, height: 700 });
    await page.getByRole("searchbox", { name: "Search rows" }).scrollIntoViewIfNeeded();
    await expect(page.getByRole("button", { name: "Undo", exact: true })).toBeInViewport({ ratio: 1 });
    await page.setViewportSize({ width: 1280, height: 900 });

    const cell = page.getByRole("button", { name: /^Email, row 3/ });
    await expect(cell).toHaveAccessibleName(/^Email, row 3: cleo@\. \S/);
    await cell.press("Enter");
    await page.keyboard.press("Escape");
    await expect(cell).toBeFocused();
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.type("example.org");
    await page.keyboard.press("Enter");
    await expect(cell).toHaveAccessibleName("Email, row 3: cleo@example.org");
    await expect(cell).toBeFocused();

    for (const name of ["Undo", "Redo", "Undo"]) {
      const button = page.getByRole("button", { name, exact: true });
      await button.press("Enter");
      // There is but one change to take back, or to do again.
      await expect(button).toHaveAttribute("aria-disabled", "true");
      await expect(button).toBeFocused();
    }

    await page.getByRole("button", { name: /^Make usernames/ }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Pattern").fill("{l}.{first}");
    await page.keyboard.press("Tab");
    await expect(dialog.getByRole("row").nth(1)).toContainText("m.jose");
    await expect(dialog.getByRole("region", { name: "Preview" })).toBeFocused();
    await dialog.getByRole("button", { name: "Change 2 rows" }).press("Enter");
    await expect(page.getByText("Username missing")).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Undo", exact: true })).toBeFocused();

    // A mapping is chosen without leaving the list of columns, which is read again meanwhile.
    await page.getByRole("button", { name: /^Columns/ }).press("Enter");
    const field = page.getByLabel("Field for Last name");
    await field.focus();
    await field.selectOption({ label: "Location" });
    await expect(page.getByText("No column feeds Last name.").first()).toBeVisible();
    await expect(field).toBeFocused();
    await field.selectOption({ label: "Last name" });
    await expect(page.getByText("No column feeds Last name.")).toHaveCount(0);
    await expect(field).toBeFocused();
    await page.keyboard.press("Escape");

    await page.getByRole("searchbox", { name: "Search rows" }).fill("nobody is called so");
    await page.getByRole("button", { name: "Show all rows" }).press("Enter");
    await expect(page.getByRole("region", { name: "Rows" })).toBeFocused();
    await expect(page.getByRole("table", { name: "Rows" })).toContainText("Dora");
    await page.getByRole("button", { name: "Choose another file" }).press("Enter");
    await expect(page.getByRole("button", { name: "Choose file" })).toBeFocused();
  });
});

test("what cannot be used says so, and is not being read for ever", async ({ page }) => {
  await withServer(page, async (server) => {
    for (const [name, bytes, words] of [
      ["empty.csv", "", "The file is empty."],
      ["header.csv", HEADER, "no rows below it"],
      ["archive.csv", "PK\u0003\u0004 and so on", "zip archive"],
    ]) {
      await chooseFile(page, server, file(name, Buffer.from(bytes)));
      await expect(page.getByRole("alert").filter({ hasText: words })).toBeVisible();
      await expect(page.locator(".file-note")).toContainText("cannot be used");
      await expect(page.getByRole("progressbar")).toHaveCount(0);
      await expect(page.getByRole("button", { name: /^(Encoding|Delimiter|Header|Columns)/ })).toHaveCount(0);
    }
    // What comes next takes its place at once.
    await drop(page, file("people.csv", people("anna,Anna,Smith,anna@example.org")));
    expect(await totals(page)).toMatchObject({ rows: 1, "add new": 1 });
  });
});

test("a folder is told from a file", async ({ page, context }) => {
  await withServer(page, async (server) => {
    const folder = mkdtempSync(join(tmpdir(), "rollcall-folder-"));
    try {
      await page.goto(`${server.url}/admin/people/import`);
      await hydrated(page);
      const browser = await context.newCDPSession(page);
      const data = { items: [], files: [folder], dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"]) await browser.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
      await expect(page.getByRole("alert")).toContainText("This is a folder.");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("a file that changed on the disk after it was read is told, and read anew when it is dropped again", async ({ page }) => {
  await withServer(page, async (server) => {
    const folder = mkdtempSync(join(tmpdir(), "rollcall-file-"));
    try {
      const path = join(folder, "staff.csv");
      writeFileSync(path, people("anna,Anna,Smith,anna@example.org", "bert,,Jones,bert@example.org"));
      await chooseFile(page, server, path);
      expect(await totals(page)).toMatchObject({ rows: 2, invalid: 1 });
      writeFileSync(path, people("cleo,Cleo,Ray,cleo@example.org"));
      utimesSync(path, new Date(2_000_000_000_000), new Date(2_000_000_000_000));
      // In the middle of mending a cell.
      await page.getByRole("button", { name: /^First name, row 2/ }).click();
      await page.keyboard.type("Bert");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("alert")).toContainText("was changed, moved or removed after it was read");
      await expect(page.getByRole("button", { name: /^Confirm submit/ })).toHaveCount(0);
      await drop(page, file("staff.csv", people("cleo,Cleo,Ray,cleo@example.org")));
      expect(await totals(page)).toMatchObject({ rows: 1, "add new": 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("what is dropped or pasted during a review waits, is offered after the import, and a newer version takes its place", async ({ page }) => {
  await withServer(page, async (server) => {
    const table = page.getByRole("table", { name: "Rows" });
    await chooseFile(page, server, file("first.csv", people("anna,Anna,Smith,anna@example.org")));
    await totals(page);
    await drop(page, file("first.csv", people("anna,Anna,Smythe,anna@example.org")));
    await expect(table).toContainText("Smythe");
    await expect(page.getByRole("region", { name: "More files" })).toHaveCount(0);

    await drop(page, file("second.csv", people("bert,Bert,Jones,bert@example.org")));
    await expect(page.getByRole("status").filter({ hasText: "1 more file waiting" })).toBeVisible();
    await paste(page, "Username\tFirst name\tLast name\tEmail\ncleo\tCleo\t\"Ray\nMoss\"\tcleo@example.org");
    await expect(page.getByRole("button", { name: "Review pasted rows" })).toBeVisible();
    await expect(table).toContainText("Smythe");
    // Not while a question is open.
    await page.getByRole("searchbox", { name: "Search rows" }).focus();
    await paste(page, "a name to search for");
    await expect(page.getByRole("button", { name: "Review pasted rows" })).toHaveCount(1);

    await page.getByRole("button", { name: /^Confirm submit/ }).click();
    await expect(page.getByText("All rows are sent; the import goes on by itself.")).toBeVisible();
    await expect(page.getByRole("group", { name: "Sending" })).toBeFocused();
    expect(new URL(page.url()).pathname).toBe("/admin/people/import");
    await page.getByRole("group", { name: "Sending" }).getByRole("button", { name: "Review second.csv" }).click();
    await expect(table).toContainText("bert@example.org");
    expect(await totals(page)).toMatchObject({ rows: 1, "add new": 1 });
    await page.getByRole("button", { name: "Review pasted rows" }).click();
    await expect(table).toContainText("cleo@example.org");
    await expect(page.getByRole("button", { name: "Review second.csv" })).toBeVisible();
  });
});

test("what was confirmed is what is sent: nothing changes on the way", async ({ page }) => {
  await withServer(page, async (server) => {
    await chooseFile(page, server, file("many.csv", roster(3_000)));
    expect(await totals(page)).toMatchObject({ "add new": 3_000 });
    await page.getByRole("checkbox", { name: "Add new, row 1", exact: true }).uncheck();
    await expect(page.locator(".sum")).toContainText("2,999 add new");
    let letGo;
    const held = new Promise((go) => { letGo = go; });
    await page.route("**/api/**open_import*", async (route) => { await held; await route.continue(); });
    await page.getByRole("button", { name: /^Confirm submit/ }).click();
    await expect(page.getByText("Keep this tab open until all rows are sent")).toBeVisible();
    await expect(page.getByRole("button", { name: "Undo", exact: true })).toHaveAttribute("aria-disabled", "true");
    for (const part of [".file-card", ".rows-table", ".workbench-aside"]) await expect(page.locator(part)).toHaveAttribute("inert", "");
    // The list is still there to be looked at.
    await page.locator(".rows").evaluate((element) => { element.scrollTop = element.scrollHeight; });
    await expect(page.locator(".rows-body")).toContainText("person03000");
    letGo();
    await page.waitForURL(/\/admin\/imports\/[0-9a-f-]{36}/);
    await expect(page.getByRole("heading", { name: "2,999 accounts created" })).toBeVisible({ timeout: 60_000 });
  });
});

test("who was signed out is told so, and the comparison goes on after a new sign-in", async ({ page, context }) => {
  await withServer(page, async (server) => {
    await page.goto(`${server.url}/admin/people/import`);
    await hydrated(page);
    await context.clearCookies();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Choose file" }).click();
    await (await chooser).setFiles(file("people.csv", people("anna,Anna,Smith,anna@example.org")));
    await expect(page.locator(".confirm-why")).toContainText("You were signed out. Sign in again in another tab");
    const other = await context.newPage();
    await signIn(other, server, administrator.username, administrator.password);
    await other.waitForURL(/\/(people|admin)/);
    expect(await totals(page)).toMatchObject({ "add new": 1 });
    await confirm(page);
    await expect(page.getByRole("heading", { name: "1 account created" })).toBeVisible();
  });
});

test("two tabs that mend the same file keep the work of both", async ({ page, context }) => {
  await withServer(page, async (server) => {
    const both = file("both.csv", people("anna,,Smith,anna@example.org", "bert,,Jones,bert@example.org"));
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await chooseFile(tab, server, both);
      await totals(tab);
    }
    const kept = (tab) => tab.evaluate(() => new Promise((resolve) => {
      const request = indexedDB.open("rollcall");
      request.onsuccess = () => {
        const database = request.result;
        if (!database.objectStoreNames.contains("drafts")) return database.close(), resolve("");
        const all = database.transaction("drafts").objectStore("drafts").getAll();
        all.onsuccess = () => (database.close(), resolve(all.result.map((bytes) => new TextDecoder().decode(bytes)).join()));
      };
    }));
    for (const [tab, row, name] of [[page, 1, "Annabel"], [other, 2, "Bertrand"]]) {
      await tab.getByRole("button", { name: new RegExp(`^First name, row ${row}`) }).click();
      await tab.keyboard.type(name);
      await tab.keyboard.press("Enter");
      await expect.poll(() => kept(tab)).toContain(name);
    }
    await chooseFile(page, server, both);
    await expect(page.getByText("2 changes from before put back.")).toBeVisible();
    expect(await totals(page)).toMatchObject({ "add new": 2, invalid: 0 });
  });
});

test("what was understood comes with its reasons, and what it makes of the file", async ({ page }) => {
  await withServer(page, async (server) => {
    const lines = [
      "Staff of 2026", "", "Login,Employee Name,Work Email", "lbeet,\"van Beethoven, Ludwig\",ludwig@example.org",
      "aruiz,Ana Ruiz (1001),ana@example.org", "mcruz,María de la Cruz,maria@example.org", "short,Too Short",
    ];
    await chooseFile(page, server, file("names.csv", Buffer.from(lines.join("\n"))));
    expect(await totals(page)).toMatchObject({ rows: 4, "add new": 3, invalid: 1 });
    const table = page.getByRole("table", { name: "Rows" });
    for (const [row, split] of [[1, "Ludwig · van Beethoven"], [2, "Ana · Ruiz"], [3, "María · de la Cruz"]]) {
      await expect(table.getByRole("row").nth(row)).toContainText(split);
    }
    // A row that lacks cells says so, and the cell can be filled in.
    await expect(table.getByRole("row").nth(4)).toContainText("The row has 2 of 3 cells.");
    await page.getByRole("button", { name: /^Header line 3/ }).click();
    const header = page.getByRole("radio", { name: "Line 3 Login,Employee Name,Work Email" });
    await expect(header).toBeChecked();
    await expect(page.getByRole("radio", { name: "Line 1 Staff of 2026" })).toBeVisible();
    await expect(page.getByText(/headers that are known/)).toBeVisible();
    await page.getByRole("radio", { name: "No header" }).click();
    await expect(page.getByRole("button", { name: "Header none" })).toBeVisible();
    await header.click();
    await page.keyboard.press("Escape");
    expect(await totals(page)).toMatchObject({ rows: 4, "add new": 3 });
    await page.getByRole("button", { name: /^Delimiter/ }).click();
    await expect(page.getByText("It cuts the first lines into the same number of cells.")).toBeVisible();
    await page.getByLabel("Around a cell that holds one").selectOption("none");
    await expect(table).toContainText("\"van Beethoven");
    await page.getByLabel("Around a cell that holds one").selectOption("double");
    await expect(table).toContainText("Ludwig · van Beethoven");
  });
});

test("a problem that nothing can be done about at once says so", async ({ page }) => {
  await withServer(page, async (server) => {
    await chooseFile(page, server, file("mails.csv", people("anna,Anna,Smith,anna at home", "bert,Bert,Jones,bert@example.org")));
    await totals(page);
    await page.getByRole("button", { name: /^Repair addresses/ }).click();
    await expect(page.getByRole("status").filter({ hasText: "Mend them one by one." })).toBeVisible();
    await expect(page.getByRole("dialog")).toHaveCount(0);
  });
});
