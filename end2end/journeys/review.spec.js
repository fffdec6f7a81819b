// Reviewing and mending: guesses corrected by hand, problems mended by the thousand, work that survives a reload.
import { expect, test } from "@playwright/test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { file } from "../support/roster.js";
import { chooseFile, confirm, hydrated, totals, withServer } from "../support/people.js";

const fixture = (name) => readFileSync(fileURLToPath(new URL(`../../app/roster/tests/fixtures/${name}`, import.meta.url)));

/** Opens the fix of a problem, changes its rows, and answers with how many they were. */
async function fixAll(page, label) {
  await page.getByRole("button", { name: label }).first().click();
  const button = page.getByRole("dialog").getByRole("button", { name: /^Change [\d,]+ rows$/ });
  const rows = Number((await button.innerText()).replace(/\D/g, ""));
  await button.click();
  await expect(page.getByRole("dialog")).toBeHidden();
  return rows;
}

test("a German Excel file is read with another encoding when the guess was changed, and right again by hand", async ({ page }) => {
  await withServer(page, async (server) => {
    await chooseFile(page, server, file("personal.csv", fixture("german-excel-windows-1252.csv")));
    await totals(page);
    const pick = async (name) => {
      await page.getByRole("button", { name: /^Encoding/ }).click();
      await page.getByRole("radio", { name }).check();
      await page.keyboard.press("Escape");
    };
    await pick(/^Windows-1251/);
    const rows = page.getByRole("table", { name: "Rows" });
    await expect(rows).not.toContainText("Müßig");
    await pick(/^Windows-1252/);
    await expect(rows).toContainText("Müßig");
    expect(await totals(page)).toMatchObject({ rows: 3 });
  });
});

test("a Japanese Excel file is read, and another encoding can be chosen and taken back", async ({ page }) => {
  await withServer(page, async (server) => {
    // 山田 太郎 and 鈴木 花子 in Shift_JIS.
    const rows = [
      "Username,First name,Last name,Email",
      "yamada,\x91\xbe\x98Y,\x8eR\x93c,yamada@example.jp",
      "suzuki,\x89\xd4\x8eq,\x97\xe9\x96\xd8,suzuki@example.jp",
    ];
    await chooseFile(page, server, file("meibo.csv", Buffer.from(`${rows.join("\r\n")}\r\n`, "latin1")));
    expect(await totals(page)).toMatchObject({ rows: 2, "add new": 2, invalid: 0 });
    const table = page.getByRole("table", { name: "Rows" });
    await expect(table).toContainText("山田");
    await expect(page.getByRole("button", { name: "Encoding Shift_JIS" })).toBeVisible();
    await page.getByRole("button", { name: /^Header/ }).click();
    await expect(page.getByText("yamada,太郎,山田,yamada@example.jp")).toBeVisible();
    await page.keyboard.press("Escape");
    const pick = async (name) => {
      await page.getByRole("button", { name: /^Encoding/ }).click();
      await page.getByRole("radio", { name }).check();
      await page.keyboard.press("Escape");
    };
    await pick(/^Windows-1252/);
    await expect(table).not.toContainText("山田");
    await pick(/^Shift_JIS/);
    await expect(table).toContainText("鈴木");
    await confirm(page);
  });
});

test("a file without a header is understood by its values", async ({ page }) => {
  await withServer(page, async (server) => {
    const rows = ["asmith,Anna,Smith,anna.smith@example.org", "jdoe,John,Doe,john.doe@example.org", "mray,Mia,Ray,mia.ray@example.org"];
    await chooseFile(page, server, file("plain.csv", Buffer.from(rows.join("\n"))));
    expect(await totals(page)).toMatchObject({ rows: 3, "add new": 3 });
    await expect(page.getByRole("button", { name: "Header none" })).toBeVisible();
  });
});

test("exports of Entra and Google are recognised", async ({ page }) => {
  await withServer(page, async (server) => {
    for (const [name, system] of [["entra-bulk-create.csv", "Microsoft Entra ID"], ["google-upload.csv", "Google Workspace"]]) {
      await chooseFile(page, server, file(name, fixture(name)));
      await totals(page);
      await expect(page.locator(".file-note")).toContainText(`looks like a ${system} export`);
    }
  });
});

test("rows copied from a spreadsheet are pasted", async ({ page }) => {
  await withServer(page, async (server) => {
    await page.goto(`${server.url}/admin/people/import`);
    await hydrated(page);
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text/plain", "Username\tFirst name\tLast name\tEmail\nasmith\tAnna\tSmith\ta@example.org\njdoe\tJohn\tDoe\tj@example.org\n");
      window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
    });
    expect(await totals(page)).toMatchObject({ rows: 2, "add new": 2 });
  });
});

test("100,000 rows with 2,000 problems of five kinds are mended together, undone, done again, and imported", async ({ page }) => {
  test.setTimeout(300_000);
  await withServer(page, async (server) => {
    const lines = ["Username,First name,Last name,Email,Change password next time"];
    for (let row = 1; row <= 100_000; row += 1) {
      const cells = [`user${row}`, "Given", `Family${row}`, `user${row}@example.org`, "1"];
      if (row % 250 === 0) cells[0] = "";
      if (row % 250 === 50) cells[1] = "Gi\u0007ven";
      if (row % 250 === 100) cells[3] = `Given Family <user${row}@example.org>`;
      if (row % 250 === 150) cells[4] = "perhaps";
      if (row % 250 === 200) cells[0] = "user1";
      lines.push(cells.join(","));
    }
    await chooseFile(page, server, file("large.csv", Buffer.from(lines.join("\r\n"))));
    expect(await totals(page)).toMatchObject({ rows: 100_000, "add new": 98_000, invalid: 2_000 });
    for (const label of [/^Make usernames/, /^Remove control characters/, /^Repair addresses/, /^Empty these cells/, /^Number the later ones/]) {
      expect(await fixAll(page, label)).toBe(400);
    }
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(400);
    await page.getByRole("button", { name: "Redo" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    await confirm(page);
    await expect(page.getByRole("heading", { name: "100,000 accounts created" })).toBeVisible({ timeout: 240_000 });
  });
});

test("what was mended survives a reload, and can be thrown away", async ({ page }) => {
  await withServer(page, async (server) => {
    const roster = file("mend.csv", Buffer.from("Username,First name,Last name,Email\nasmith,,Smith,a@example.org\njdoe,John,Doe,j@example.org\n"));
    await chooseFile(page, server, roster);
    expect(await totals(page)).toMatchObject({ "add new": 1, invalid: 1 });
    await page.getByRole("button", { name: /^First name, row 1/ }).click();
    await page.keyboard.type("Anna");
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    const kept = () => page.evaluate(() => new Promise((resolve) => {
      const request = indexedDB.open("rollcall");
      request.onsuccess = () => {
        const database = request.result;
        if (!database.objectStoreNames.contains("drafts")) return database.close(), resolve(0);
        const count = database.transaction("drafts").objectStore("drafts").count();
        count.onsuccess = () => (database.close(), resolve(count.result));
      };
    }));
    await expect.poll(kept).toBe(1);

    await chooseFile(page, server, roster);
    await expect(page.getByText("1 change from before put back.")).toBeVisible();
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    await page.getByRole("button", { name: "Throw them away" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(1);
    await expect.poll(kept).toBe(0);
  });
});

test("rows are shown by the values of a column, and sorted by what they do", async ({ page }) => {
  await withServer(page, async (server) => {
    const rows = ["Username,First name,Last name,Email,Department"];
    for (let at = 0; at < 300; at += 1) {
      const email = at % 100 === 50 ? "broken" : `user${at}@example.org`;
      rows.push(`user${at},Anna,Smith${at % 299},${email},${at % 3 ? "Sales" : "Support"}`);
    }
    await chooseFile(page, server, file("staff.csv", Buffer.from(rows.join("\n"))));
    await totals(page);
    await page.getByLabel("Rows by column").selectOption({ label: "Department" });
    await page.getByRole("button", { name: "Support 100" }).click();
    const table = page.getByRole("table", { name: "Rows" });
    await expect(table).toHaveAttribute("aria-rowcount", "101");
    await expect(table).not.toContainText("Sales");
    await page.getByRole("button", { name: "Support 100" }).click();
    await expect(table).toHaveAttribute("aria-rowcount", "301");
    await page.getByLabel("Sort by what rows do").check();
    await expect(table.getByRole("row").nth(1)).toContainText("user50");
    await page.getByLabel("Sort by what rows do").uncheck();
    await page.getByLabel("Only names that occur more than once").check();
    await expect(table).toHaveAttribute("aria-rowcount", "3");
    await expect(table.getByRole("row").nth(2)).toContainText("user299");
  });
});

test("a workbook is read sheet by sheet", async ({ page }) => {
  await withServer(page, async (server) => {
    await chooseFile(page, server, file("workbook.xlsx", fixture("workbook.xlsx")));
    expect(await totals(page)).toMatchObject({ rows: 3, "add new": 3 });
    const table = page.getByRole("table", { name: "Rows" });
    await expect(table).toContainText("Müller, Dr.");
    await page.getByRole("button", { name: "Sheet Staff" }).click();
    await page.getByRole("radio", { name: "Guests" }).check();
    await page.keyboard.press("Escape");
    await expect(table).toContainText("guest1");
    expect(await totals(page)).toMatchObject({ rows: 1 });
  });
});

test("several files are reviewed one after the other, or joined", async ({ page }) => {
  await withServer(page, async (server) => {
    const header = "Username,First name,Last name,Email\n";
    const part = (name) => file(`${name}.csv`, Buffer.from(`${header}${name},Anna,Smith,${name}@example.org`));
    await chooseFile(page, server, [part("first"), part("second"), part("third")]);
    expect(await totals(page)).toMatchObject({ rows: 1 });
    const table = page.getByRole("table", { name: "Rows" });
    await page.getByRole("button", { name: "Review second.csv" }).click();
    await expect(table).toContainText("second@example.org");
    await expect(page.getByRole("button", { name: "Review first.csv" })).toBeVisible();
    await page.getByRole("button", { name: /^Join all/ }).click();
    await expect(table).toHaveAttribute("aria-rowcount", "4");
    for (const name of ["first", "second", "third"]) await expect(table).toContainText(`${name}@example.org`);
  });
});

test("people who left are not ticked until somebody ticks them", async ({ page }) => {
  await withServer(page, async (server) => {
    const rows = ["Username,First name,Last name,Email,Employment Status", "anna,Anna,Smith,anna@example.org,Active", "bert,Bert,Jones,bert@example.org,Terminated"];
    await chooseFile(page, server, file("hr.csv", Buffer.from(rows.join("\n"))));
    expect(await totals(page)).toMatchObject({ rows: 2, "add new": 1, skip: 1 });
    await page.getByRole("button", { name: /^Not active any more/ }).click();
    await expect(page.getByRole("table", { name: "Rows" })).toContainText("says that this person is not active");
  });
});

test("usernames that look alike are told, also where the other one is in the directory", async ({ page }) => {
  await withServer(page, async (server) => {
    const people = (names) => file("people.csv", Buffer.from(["Username,First name,Last name,Email", ...names.map((name, at) => `${name},Anna,Smith${at},${at}.${names.length}@example.org`)].join("\n")));
    await chooseFile(page, server, people(["paul.smith1", "rnorris"]));
    expect(await totals(page)).toMatchObject({ "add new": 2, invalid: 0 });
    await expect(page.getByText("None found.")).toBeVisible();
    await confirm(page);
    await expect(page.getByRole("heading", { name: "2 accounts created" })).toBeVisible();

    await chooseFile(page, server, people(["morris", "bob", "user10", "carl", "user1o"]));
    expect(await totals(page)).toMatchObject({ rows: 5, "add new": 5 });
    const table = page.getByRole("table", { name: "Rows" });
    await page.getByRole("button", { name: "Username looks like another one 3" }).click();
    await expect(table).toHaveAttribute("aria-rowcount", "4");
    await expect(table.getByRole("row").nth(1)).toContainText("somebody in the directory");
    await expect(table.getByRole("row").nth(3)).toContainText("can be taken for that of row 3");
    await page.getByRole("button", { name: "Username looks like another one 3" }).click();
    await page.getByLabel("Only usernames that look alike").check();
    await expect(table).toHaveAttribute("aria-rowcount", "3");
    await expect(table.getByRole("row").nth(2)).toContainText("user1o");
    await page.getByLabel("Only usernames that look alike").uncheck();
    await page.getByRole("button", { name: /^Username, row 5/ }).click();
    await page.keyboard.type("user12");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Username looks like another one 1" })).toBeVisible();
  });
});

test("rows with a delimiter too many or too few are aligned, undone, and found aligned after a reload", async ({ page }) => {
  await withServer(page, async (server) => {
    const rows = ["Username,First name,Last name,Email,Phone,Department"];
    for (let at = 1; at <= 300; at += 1) {
      const cells = [`user${at}`, ["Anna", "Ben", "Cleo"][at % 3], ["Smith", "Fox", "Ray", "Moss"][at % 4], `user${at}@example.org`, `+49 30 ${2000 + at}`, ["Sales", "Support"][at % 2]];
      if (at % 100 === 7) cells.splice(3, 2, cells[3] + cells[4]);
      if (at % 100 === 30) cells.splice(2, 0, "");
      rows.push(cells.join(","));
    }
    const bent = file("bent.csv", Buffer.from(rows.join("\n")));
    await chooseFile(page, server, bent);
    expect(await totals(page)).toMatchObject({ rows: 300, invalid: 6 });
    const item = (problem) => page.getByRole("listitem").filter({ hasText: problem }).getByRole("button", { name: /^Align rows/ });
    await item("Too few cells").click();
    const preview = page.getByRole("dialog").getByRole("region", { name: "Preview" });
    await expect(preview.getByRole("row").nth(1)).toContainText("user7@example.org+49 30 2007");
    await expect(preview.getByRole("row").nth(1)).toContainText("user7@example.org | +49 30 2007");
    await page.getByRole("button", { name: "Change 3 rows" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(3);
    await item("Too many cells").click();
    await page.getByRole("button", { name: "Change 3 rows" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(3);
    await page.getByRole("button", { name: "Redo" }).click();
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    // Kept a moment after the change.
    await page.waitForTimeout(1_500);

    await chooseFile(page, server, bent);
    await expect(page.getByText(/changes from before put back\./)).toBeVisible();
    await expect.poll(async () => (await totals(page)).invalid).toBe(0);
    await page.getByRole("searchbox", { name: "Search rows" }).fill("user107");
    await expect(page.getByRole("table", { name: "Rows" })).toContainText("+49 30 2107");
  });
});
