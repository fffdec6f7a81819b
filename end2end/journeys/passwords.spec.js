// Passwords come from password managers: pasted, long, with spaces and any script. Nothing hinders that and nothing is cut off.
import { expect, test } from "@playwright/test";
import { linkIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { administrator, chooseFile, confirm, forget, hydrated, setUp, totals, watchConsole } from "../support/people.js";

/** As long as a password can be, with a space at either end, so that whatever is trimmed or cut is another one. */
function longest(begin) {
  const all = [...` ${begin} Zvíře na mostě 東京の橋 мост через реку 🦉🦊 "quoted" <b>&amp; 100% + a=b; `];
  while (all.length < 127) all.push("ż");
  return `${all.slice(0, 127).join("")} `;
}

/** The same but for what stands before the last character. */
const almost = (password) => `${[...password].slice(0, -2).join("")}ž `;

/** Pastes into each of these fields, as a person does, and looks what is in them. */
async function paste(page, password, ...labels) {
  for (const label of labels) {
    const field = page.getByLabel(label, { exact: true }).locator("visible=true");
    await page.evaluate((text) => navigator.clipboard.writeText(text), password);
    await field.fill("");
    await field.focus();
    await page.keyboard.press("ControlOrMeta+V");
    await expect(field).toHaveValue(password);
    expect(await field.getAttribute("maxlength"), label).toBeNull();
  }
}

async function signIn(page, server, username, password) {
  await page.goto(`${server.url}/sign-in`);
  await hydrated(page);
  await page.getByLabel("Username or email").fill(username);
  await paste(page, password, "Password");
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The password gets in, and one that differs in a single character at its end does not. */
async function isThePassword(browser, server, username, password) {
  const page = await visitor(browser);
  await signIn(page, server, username, almost(password));
  await expect(page.getByRole("alert")).toBeVisible();
  // The wrong one counts: a moment has to pass.
  await expect(async () => {
    await signIn(page, server, username, password);
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"), { timeout: 3_000 });
  }).toPass({ timeout: 30_000 });
  await page.context().close();
}

const visitor = async (browser, more = {}) =>
  (await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...more })).newPage();

test("a long password is pasted into every field there is, and all of it counts", async ({ browser }) => {
  const server = await startServer();
  try {
    // The first administrator.
    const page = await visitor(browser);
    const watch = watchConsole(page);
    const first = longest("first");
    expect([...first]).toHaveLength(128);
    await setUp(page, server, () => paste(page, first, "Password", "Repeat password"));
    await isThePassword(browser, server, administrator.username, first);

    // Changed.
    const second = longest("second");
    await page.goto(`${server.url}/password`);
    await hydrated(page);
    await paste(page, first, "Current password");
    await paste(page, second, "New password", "Repeat new password");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.waitForURL("**/me");
    await isThePassword(browser, server, administrator.username, second);

    // The first one of a newcomer, by a link; without scripts as well.
    await chooseFile(page, server, file("people.csv", roster(2)));
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await page.getByLabel("What the mail brings").selectOption("link");
    await confirm(page);
    await expect.poll(async () => (await writtenMessages(server.data)).length, { timeout: 30_000 }).toBe(2);
    const messages = await writtenMessages(server.data);
    const link = (username) => linkIn(messages.find((message) => message.to === `${username}@example.org`));
    const third = longest("third");
    const theirs = await visitor(browser);
    await theirs.goto(link("person00001"));
    await expect(theirs.getByRole("heading", { name: "Welcome, Given00001" })).toBeVisible();
    await paste(theirs, third, "New password", "Repeat new password");
    await theirs.getByRole("button", { name: "Set password and sign in" }).click();
    await theirs.waitForURL("**/me");
    await isThePassword(browser, server, "person00001", third);

    const fourth = longest("fourth");
    const plain = await visitor(browser, { javaScriptEnabled: false });
    await plain.goto(link("person00002"));
    await plain.getByLabel("Code from the link").fill(link("person00002").split("#")[1]);
    await paste(plain, fourth, "New password", "Repeat new password");
    await plain.getByRole("button", { name: "Set password and sign in" }).click();
    await plain.waitForURL("**/me");
    await isThePassword(browser, server, "person00002", fourth);

    // A forgotten one.
    await theirs.context().clearCookies();
    await forget(theirs, server, "person00001");
    const resets = async () => (await writtenMessages(server.data)).filter((message) => message.text.includes("/password/reset#"));
    await expect.poll(async () => (await resets()).length, { timeout: 30_000 }).toBe(1);
    const fifth = longest("fifth");
    await theirs.goto((await resets())[0].text.match(/https?:\S+\/password\/reset\S+/)[0]);
    await hydrated(theirs);
    await paste(theirs, fifth, "New password", "Repeat new password");
    await theirs.getByRole("button", { name: "Set password" }).click();
    await theirs.waitForURL("**/sign-in");
    await isThePassword(browser, server, "person00001", fifth);

    // Once more, before something dangerous. The page is told that the password was given a while ago: postcard's `ProofRequired`.
    await page.goto(`${server.url}/admin/settings`);
    await hydrated(page);
    await page.route("**/api/admin/save_settings", (route) => route.fulfill({ status: 403, contentType: "application/json", body: '"ProofRequired"' }), { times: 1 });
    await page.getByRole("button", { name: "Save settings" }).click();
    const proof = page.getByRole("dialog", { name: "Your password, once more" });
    await expect(proof).toBeVisible();
    await paste(page, second, "Password");
    await proof.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByText("Settings saved.")).toBeVisible();
    for (const password of [first, second, third, fourth, fifth]) expect(server.everythingWritten()).not.toContain(password);
    watch.clean();
  } finally {
    await server.stop();
  }
});
