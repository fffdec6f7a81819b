// What mails say: each edited with a preview that follows, checked, tried, sent, and set back.
import { expect, test } from "@playwright/test";
import { expectClean } from "../support/accessibility.js";
import { linkIn, passwordIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { administrator, chooseFile, confirm, forget, hydrated, setUp, totals, watchConsole } from "../support/people.js";

/** Every mail: its own words, what its preview shows, what its button says, and what it cannot do without. */
const MAILS = [
  { name: "Login details", begins: "your account at", brings: "{{ password }}\n\n{{ sign_in_url }}", button: "Sign in", needed: "password", foreign: "link" },
  { name: "Link to set a password", begins: "your account at", brings: "{{ link }}", button: "Set your password", needed: "link", foreign: "password" },
  { name: "Forgotten password", begins: "somebody, most likely you", brings: "{{ link }}", button: "Set a new password", needed: "link", foreign: "hours" },
  { name: "Second factor switched on", begins: "was switched on", brings: "{{ sign_in_url }}", button: "Sign in", foreign: "password" },
  { name: "Second factor switched off", begins: "was switched off", brings: "{{ sign_in_url }}", button: "Sign in", foreign: "link" },
];

function editor(page) {
  return {
    mail: page.getByLabel("Mail", { exact: true }),
    subject: page.getByLabel("Subject"),
    text: page.getByLabel("Text", { exact: true }),
    preview: page.getByRole("region", { name: "Preview" }),
    back: page.getByRole("button", { name: "Back to the built-in text" }),
    attempt: page.getByRole("button", { name: "Send test mail" }),
    save: page.getByRole("button", { name: "Save text" }),
    problem: page.locator(".card-foot").getByRole("alert"),
    saved: (name) => page.getByText(`Saved: ${name}.`),
  };
}

const own = ({ name, brings }) => ({ subject: `{{ first_name }}, ${name}`, text: `Good day {{ first_name }},\n\nabout ${name}.\n\n${brings}\n` });

/** The mail to this address whose subject this is, once it is there. */
async function arrived(server, to, subject) {
  const found = async () => (await writtenMessages(server.data)).filter((message) => message.to === to && message.subject === subject);
  await expect.poll(async () => (await found()).length, { timeout: 30_000 }).toBe(1);
  return (await found())[0];
}

/** The settings, opened by the first administrator. */
async function open(page, server) {
  await page.goto(`${server.url}/admin/settings`);
  await hydrated(page);
  return editor(page);
}

test("the text of every mail is edited and previewed, and what is wrong is named with its place", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    const { mail, subject, text, preview, back, attempt, save, problem } = await open(page, server);
    expect(await mail.getByRole("option").allTextContents()).toEqual(MAILS.map(({ name }) => name));
    for (const each of MAILS) {
      const { name, begins, button, needed, foreign } = each;
      await mail.selectOption({ label: name });
      await expect(preview).toContainText("Hello Anna,");
      await expect(preview).toContainText(begins);
      await expect(preview.locator(".mail-button")).toHaveText(button);
      await expect(subject).toHaveValue(/\{\{ organisation \}\}$/);
      await expect(back).toBeDisabled();

      // The preview follows what is typed, in both parts; the choice says that it is not saved.
      const { subject: ownSubject, text: ownText } = own(each);
      await subject.fill(ownSubject);
      await text.fill(ownText);
      await expect(preview).toContainText(`Anna, ${name}`);
      await expect(preview.locator(".mail-letter")).toContainText(`about ${name}.`);
      await expect(preview.locator(".mail-button")).toHaveText(button);
      await preview.getByText("The same as plain text").click();
      await expect(preview.locator("pre")).toContainText(`about ${name}.`);
      await expect(mail.locator("option:checked")).toHaveText(`${name} (not saved)`);

      // What is wrong is named, with its place, and keeps it from being saved.
      const refused = async (words) => {
        await expect(preview.getByRole("alert")).toContainText(words);
        await save.click();
        await expect(problem).toContainText("Not saved");
        await expect(problem).toContainText(words);
      };
      await text.fill(`{{ firstname }}\n${ownText}`);
      await refused("Text, line 1: “{{ firstname }}” is not a placeholder of this mail. Use organisation, first_name,");
      await text.fill(`${ownText}\n{{ ${foreign} }}`);
      await refused(`“{{ ${foreign} }}” is not a placeholder of this mail`);
      if (needed) {
        await text.fill(ownText.replace(`{{ ${needed} }}`, ""));
        await refused(`Text: “{{ ${needed} }}” is missing.`);
        await text.fill(ownText);
        await subject.fill(`{{ ${needed} }}`);
        await refused(`Subject: “{{ ${needed} }}” does not belong there`);
      }
    }
    // Nor is it sent; and what was typed for another mail is still there.
    await mail.selectOption({ label: "Forgotten password (not saved)" });
    await expect(subject).toHaveValue("{{ link }}");
    await attempt.click();
    await expect(problem).toContainText("Not sent");
    await expect(problem).toContainText("Subject: “{{ link }}” does not belong there");
    await expectClean(page, "mail-texts-refused");
    expect(await writtenMessages(server.data)).toEqual([]);
    await page.reload();
    await hydrated(page);
    await expect(back).toBeDisabled();
    expect(await mail.getByRole("option").allTextContents()).toEqual(MAILS.map(({ name }) => name));
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("every text is tried, saved and set back", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    const { mail, subject, text, preview, back, attempt, save, saved } = await open(page, server);
    const builtIn = {};
    for (const each of MAILS) {
      const { name, needed } = each;
      await mail.selectOption({ label: name });
      builtIn[name] = { subject: await subject.inputValue(), text: await text.inputValue() };
      await subject.fill(own(each).subject);
      await text.fill(own(each).text);
      await attempt.click();
      const message = await arrived(server, administrator.email, `Anna, ${name}`);
      expect(message.text).toContain(`about ${name}.`);
      expect(message.html).toContain(`about ${name}.`);
      if (needed === "password") expect(passwordIn(message)).toBeTruthy();
      if (needed === "link") expect(message.text).toMatch(/\/password\/(?:re)?set#EXAMPLE/);
      await save.click();
      await expect(saved(name)).toBeVisible();
      await expect(mail.locator("option:checked")).toHaveText(name);
    }
    await page.reload();
    await hydrated(page);
    for (const each of MAILS) {
      await mail.selectOption({ label: each.name });
      await expect(subject).toHaveValue(own(each).subject);
      await expect(text).toHaveValue(own(each).text);
      await expect(preview).toContainText(`about ${each.name}.`);
    }
    await expectClean(page, "mail-texts");

    // One press sets each back; once saved, there is nothing of one's own.
    for (const { name } of MAILS) {
      await mail.selectOption({ label: name });
      await back.click();
      await expect(subject).toHaveValue(builtIn[name].subject);
      await expect(text).toHaveValue(builtIn[name].text);
      await expect(preview).toContainText("Hello Anna,");
      await save.click();
      await expect(mail.locator("option:checked")).toHaveText(name);
    }
    await page.reload();
    await hydrated(page);
    for (const { name } of MAILS) {
      await mail.selectOption({ label: name });
      await expect(back).toBeDisabled();
    }
    await page.goto(`${server.url}/admin/audit`);
    await expect(page.getByRole("cell", { name: "built-in text of a mail: second factor off", exact: true })).toBeVisible();
    watch.clean();
  } finally {
    await server.stop();
  }
});

test("what was saved is what is sent", async ({ page }) => {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    const { mail, subject, text, save, saved } = await open(page, server);
    for (const each of MAILS.slice(0, 3)) {
      await mail.selectOption({ label: each.name });
      await subject.fill(own(each).subject);
      await text.fill(own(each).text);
      await save.click();
      await expect(saved(each.name)).toBeVisible();
    }
    for (const [number, each] of [[1, MAILS[0]], [2, MAILS[1]]]) {
      await chooseFile(page, server, file("intake.csv", roster(number)));
      await totals(page);
      await page.getByLabel("Email login details when the password has changed or was generated").check();
      if (number === 2) await page.getByLabel("What the mail brings").selectOption("link");
      await confirm(page);
      const message = await arrived(server, `person0000${number}@example.org`, `Given0000${number}, ${each.name}`);
      expect(message.html).toContain(`about ${each.name}.`);
      expect(number === 2 ? linkIn(message) : passwordIn(message)).toBeTruthy();
    }
    await forget(page, server, administrator.username);
    const reset = await arrived(server, administrator.email, "Root, Forgotten password");
    expect(reset.text).toContain("/password/reset#");
    watch.clean();
  } finally {
    await server.stop();
  }
});
