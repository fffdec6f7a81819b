// Files of other systems, in the browser; and the two builds of the reader say the same about every one of them.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { program, startServer } from "../support/server.js";
import { file } from "../support/roster.js";
import { chooseFile, setUp, totals, watchConsole } from "../support/people.js";

const folder = fileURLToPath(new URL("../../app/roster/tests/fixtures/", import.meta.url));
const samples = readdirSync(folder).filter((name) => /\.(csv|txt)$/.test(name)).sort();

test("the browser reads every sample as the command line does", async ({ page }) => {
  const server = await startServer();
  try {
    await page.goto(`${server.url}/sign-in`);
    for (const name of samples) {
      const native = run(["check", "--json", folder + name]);
      const bytes = readFileSync(folder + name).toString("base64");
      const wasm = await page.evaluate(async (base64) => {
        const rollcall = await import("/pkg/roster-worker.js");
        await rollcall.default({ module_or_path: "/pkg/roster-worker.wasm" });
        const table = await (await fetch("/pkg/common-passwords.bin")).arrayBuffer();
        rollcall.common_passwords(new Uint8Array(table));
        return rollcall.check_file(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], "roster.csv"));
      }, bytes);
      expect(JSON.parse(wasm), name).toEqual(JSON.parse(native));
    }
    expect(samples.length).toBeGreaterThan(12);
  } finally {
    await server.stop();
  }
});

function run(command) {
  try {
    return execFileSync(program, command, { encoding: "utf8" });
  } catch (error) {
    return error.stdout;
  }
}

test("names keep their accents, title lines and sep= lines stay out, problems stand on their rows", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    const expected = {
      "german-excel-windows-1252.csv": { rows: 3, text: "Müßig", chips: ["Windows-1252", ";"] },
      "excel-unicode-text-utf16.txt": { rows: 3, text: "Schäfer", chips: ["UTF-16", "Tab"] },
      "entra-bulk-create.csv": { rows: 6, text: "Núria", chips: ["line 2"] },
      "sep-line.csv": { rows: 6, text: "Nguyễn", chips: [";", "line 2"] },
      "google-upload.csv": { rows: 6, text: "Stanisław", chips: ["UTF-8"] },
    };
    for (const [name, { rows, text, chips }] of Object.entries(expected)) {
      await chooseFile(page, server, file(name, readFileSync(folder + name)));
      expect([name, await totals(page)]).toMatchObject([name, { rows, "add new": rows, invalid: 0 }]);
      await expect(page.locator(".rows-body").getByText(text).first()).toBeVisible();
      for (const chip of chips) await expect(page.locator(".chips")).toContainText(chip);
    }
    await chooseFile(page, server, file("problems.csv", readFileSync(`${folder}problems.csv`)));
    expect(await totals(page)).toMatchObject({ rows: 18, "add new": 5, invalid: 13 });
    await page.getByRole("button", { name: /Quotation mark not closed/ }).click();
    await expect(page.getByRole("cell", { name: "17", exact: true })).toBeVisible();
    await expect(page.locator(".rows-body .rows-row")).toHaveCount(1);
    watch.clean();
  } finally {
    await server.stop();
  }
});
