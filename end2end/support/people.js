// What people do in the browser, step by step, and a watch on the console while they do it.
import { expect } from "@playwright/test";
import { startServer } from "./server.js";

export const administrator = { username: "root.admin", email: "root.admin@example.org", password: "correct horse battery staple 9" };

/** Fails the test when the console shows an error or the content security policy was violated. */
export function watchConsole(page) {
  const troubles = [];
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    // A refusal that a test provokes shows up as a failed request; that is the server doing its work.
    if (/Failed to load resource: the server responded with a status of (401|403|404|409|422)/.test(message.text())) return;
    troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  return { clean: () => expect(troubles).toEqual([]) };
}

/** Waits until the page answers to clicks. */
export async function hydrated(page) {
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === "true", undefined, { timeout: 20_000 });
}

/** Makes the first administrator; `choosePassword` fills in the password, where it is another one or comes in another way. */
export async function setUp(page, server, choosePassword = async () => {
  await page.getByLabel("Password", { exact: true }).fill(administrator.password);
  await page.getByLabel("Repeat password").fill(administrator.password);
}) {
  await page.goto(server.setupLink);
  await hydrated(page);
  const username = page.getByLabel("Username", { exact: true });
  await expect(username).toBeVisible();
  for (const typed of await page.locator("input:not([type=hidden], [type=checkbox])").all()) await expect(typed).toHaveValue("");
  await username.fill(administrator.username);
  await page.getByLabel("Email", { exact: true }).fill(administrator.email);
  await page.getByLabel("First name").fill("Root");
  await page.getByLabel("Last name").fill("Admin");
  await choosePassword();
  await page.getByRole("button", { name: "Create administrator" }).click();
  await page.waitForURL("**/admin/people/import");
  await hydrated(page);
}

export async function signIn(page, server, username, password) {
  await page.goto(`${server.url}/sign-in`);
  await hydrated(page);
  await page.getByLabel("Username or email").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Says that somebody has forgotten the password. */
export async function forget(page, server, username) {
  await page.goto(`${server.url}/password/forgot`);
  await hydrated(page);
  await page.getByLabel("Username or email").fill(username);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByText("a link is on its way")).toBeVisible();
}

export async function chooseFile(page, server, roster) {
  await page.goto(`${server.url}/admin/people/import`);
  await hydrated(page);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose file" }).click();
  await (await chooser).setFiles(roster);
}

/** The five numbers of the sum, by name, once every row has its verdict. */
export async function totals(page) {
  await expect(page.locator(".file-note")).toHaveAttribute("data-phase", "ready");
  const text = await page.locator(".sum").innerText();
  const number = (name) => Number(text.replaceAll(",", "").match(new RegExp(`(\\d+)\\s*${name}`))?.[1] ?? NaN);
  return Object.fromEntries(["rows", "add new", "update", "unchanged", "skip", "invalid"].map((name) => [name, number(name)]));
}

export async function confirm(page) {
  await page.getByRole("button", { name: /^Confirm submit/ }).click();
  await page.waitForURL(/\/admin\/imports\/[0-9a-f-]{36}/);
}

/** Sets up a server, and fails the test if the console shows an error. */
export async function withServer(page, work) {
  const server = await startServer();
  const watch = watchConsole(page);
  try {
    await setUp(page, server);
    await work(server);
    watch.clean();
  } finally {
    await server.stop();
  }
}
