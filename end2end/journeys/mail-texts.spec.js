// The texts of the mail with login details: edited with a preview that follows, checked, sent, and set back.
import { expect, test } from "@playwright/test";
import { expectAccessible } from "../support/accessibility.js";
import { passwordIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

test("a text of one's own is previewed, checked, sent and set back", async ({ browser }) => {
  const server = await startServer();
  try {
    const page = await (await browser.newContext()).newPage();
    const watch = watchConsole(page);
    await setUp(page, server);
    await page.goto(`${server.url}/admin/settings`);
    await hydrated(page);
    const preview = page.getByRole("region", { name: "Preview" });
    const subject = page.getByLabel("Subject");
    const text = page.getByLabel("Text", { exact: true });
    const back = page.getByRole("button", { name: "Back to the built-in text" });
    const save = page.getByRole("button", { name: "Save settings" });
    await expect(preview).toContainText("Hello Anna,");
    await expect(back).toBeDisabled();
    const builtIn = await text.inputValue();

    // The preview follows what is typed, in both parts.
    await subject.fill("{{ first_name }}, come in");
    await text.fill("Good day {{ first_name }} {{ last_name }},\n\n{{ username }} and {{ password }} open the door:\n\n{{ sign_in_url }}\n");
    await expect(preview).toContainText("Anna, come in");
    await expect(preview.locator(".mail-letter")).toContainText("Good day Anna Example,");
    await expect(preview.locator(".mail-button")).toHaveText("Sign in");
    await preview.getByText("The same as plain text").click();
    await expect(preview.locator("pre")).toContainText("Good day Anna Example,");

    // A wrong placeholder is named, with the right ones; nothing is saved.
    const good = await text.inputValue();
    await text.fill(good.replace("{{ first_name }}", "{{ firstname }}"));
    await expect(preview.getByRole("alert")).toContainText("Line 1: “{{ firstname }}” is not a placeholder. Use organisation, first_name,");
    await save.click();
    await expect(page.getByText("Not saved")).toBeVisible();
    await page.reload();
    await hydrated(page);
    await expect(text).toHaveValue(builtIn);

    // What was saved is what is sent.
    await subject.fill("{{ first_name }}, come in");
    await text.fill(good);
    await expect(preview).toContainText("Anna, come in");
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize({ width, height: 900 });
        await expectAccessible(page, `${colorScheme}, ${width} px`);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(sideways, `sideways at ${width} px`).toBeLessThanOrEqual(0);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await save.click();
    await expect(page.getByText("Settings saved.")).toBeVisible();
    await chooseFile(page, server, file("intake.csv", roster(2)));
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await confirm(page);
    await expect.poll(async () => (await writtenMessages(server.data)).length).toBe(2);
    for (const message of await writtenMessages(server.data)) {
      expect(message.subject).toMatch(/^\S+, come in$/);
      expect(message.text).toMatch(/^Good day /);
      expect(message.html).toContain("open the door");
      expect(passwordIn(message)).toBeTruthy();
    }

    // One press sets both back.
    await page.goto(`${server.url}/admin/settings`);
    await hydrated(page);
    await expect(subject).toHaveValue("{{ first_name }}, come in");
    await back.click();
    await expect(text).toHaveValue(builtIn);
    await expect(preview).toContainText("your account at");
    await save.click();
    await expect(page.getByText("Settings saved.")).toBeVisible();
    await page.reload();
    await hydrated(page);
    await expect(back).toBeDisabled();
    watch.clean();
  } finally {
    await server.stop();
  }
});
