// The main job: a CSV becomes people who have signed in. Once on SQLite with file mail, once on PostgreSQL with SMTP.
import { expect, test } from "@playwright/test";
import { dump, newDatabase } from "../support/postgres.js";
import { passwordIn, startMailServer, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { administrator, chooseFile, confirm, hydrated, setUp, signIn, totals, watchConsole } from "../support/people.js";

const engines = [
  {
    name: "SQLite with file mail",
    async start() {
      const server = await startServer();
      return { server, messages: () => writtenMessages(server.data), database: () => "", stop: () => server.stop() };
    },
  },
  {
    name: "PostgreSQL with an SMTP server",
    async start() {
      const database = newDatabase();
      const smtp = await startMailServer();
      const server = await startServer({
        env: { ROLLCALL_DATABASE_URL: database, ROLLCALL_SMTP_URL: smtp.url, ROLLCALL_MAIL_FROM: "rollcall@example.org" },
      });
      const stop = async () => { await server.stop(); await smtp.stop(); };
      return { server, messages: smtp.messages, database: () => dump(database), stop };
    },
  },
];

for (const engine of engines) {
  test(`a roster becomes people who have signed in: ${engine.name}`, async ({ browser }) => {
    const { server, messages, database, stop } = await engine.start();
    const answers = [];
    const passwords = new Set([administrator.password]);
    try {
      const context = await browser.newContext();
      context.on("response", async (response) => {
        if (/\.(wasm|js|css|svg)$/.test(new URL(response.url()).pathname)) return;
        answers.push(JSON.stringify(response.headers()) + (await response.body().catch(() => "")));
      });
      const page = await context.newPage();
      const watch = watchConsole(page);

      await setUp(page, server);
      await chooseFile(page, server, file("intake.csv", roster(300)));
      expect(await totals(page)).toMatchObject({ rows: 300, "add new": 300, invalid: 0 });
      await expect(page.getByLabel("Generate random passwords for new users")).toBeChecked();
      await page.getByLabel("Email login details when the password has changed or was generated").check();
      await confirm(page);
      await expect(page.getByRole("heading", { name: "300 accounts created" })).toBeVisible();
      await page.getByRole("link", { name: /300\s*Accounts created/ }).click();
      await expect(page.getByRole("link", { name: "Given00001 Family00001" })).toBeVisible();
      await expect.poll(async () => (await messages()).length, { timeout: 60_000 }).toBe(300);
      const all = await messages();
      expect(new Set(all.map((message) => message.to)).size).toBe(300);

      // The same file again: nothing to do, and every row says so.
      await chooseFile(page, server, file("intake.csv", roster(300)));
      expect(await totals(page)).toMatchObject({ rows: 300, "add new": 0, unchanged: 300 });
      await expect(page.getByRole("button", { name: /^Confirm submit/ })).toBeDisabled();
      watch.clean();

      // A person signs in with the password from the mail.
      const mail = all.find((message) => message.to === "person00007@example.org");
      const temporary = passwordIn(mail);
      const own = "seven quiet lanterns drift north";
      for (const message of all) passwords.add(passwordIn(message));
      passwords.add(own);
      const theirs = await browser.newContext();
      theirs.on("response", async (response) => {
        if (/\.(wasm|js|css|svg)$/.test(new URL(response.url()).pathname)) return;
        answers.push(JSON.stringify(response.headers()) + (await response.body().catch(() => "")));
      });
      const person = await theirs.newPage();
      const theirWatch = watchConsole(person);
      await signIn(person, server, "person00007", temporary);
      await person.waitForURL("**/password");
      await hydrated(person);

      // Nothing else answers while the change is due: pages lead back, server functions refuse.
      for (const path of ["/", "/people", "/people/person00008", "/me", "/admin/people", "/admin/imports", "/sign-in", "/setup", "/nowhere"]) {
        const response = await person.request.get(`${server.url}${path}`, { maxRedirects: 0, headers: { accept: "text/html" } });
        expect([path, response.status(), response.headers().location]).toEqual([path, 303, "/password"]);
      }
      for (const path of ["/api/people/search", "/api/people/me", "/api/people/profile", "/api/admin/accounts", "/api/admin/open_import", "/api/public/sign_in", "/api/public/complete_setup"]) {
        const response = await person.request.post(`${server.url}${path}`, { form: { text: "", department: "", page: "1" } });
        expect([path, response.status()]).toEqual([path, 403]);
        expect(await response.text()).toContain("PasswordChangeRequired");
      }

      await person.getByLabel("Current password").fill(temporary);
      await person.getByLabel("New password", { exact: true }).fill(own);
      await person.getByLabel("Repeat new password").fill(own);
      await person.getByRole("button", { name: "Change password" }).click();
      await person.waitForURL("**/me");
      await expect(person.getByRole("heading", { level: 1 })).toContainText("Given00007 Family00007");
      await person.goto(`${server.url}/people?text=person00008`);
      await expect(person.getByText("Given00008 Family00008")).toBeVisible();
      const forbidden = await person.request.get(`${server.url}/admin/people`, { headers: { accept: "text/html" } });
      expect(forbidden.status()).toBe(403);
      theirWatch.clean();

      // The temporary password has had its day.
      const late = await (await browser.newContext()).newPage();
      await signIn(late, server, "person00007", temporary);
      await expect(late.getByRole("alert")).toContainText("That did not work");

      // The administrator sees the person as active, with an own password.
      await page.goto(`${server.url}/admin/people?text=person00007`);
      const row = page.getByRole("row").filter({ hasText: "person00007@example.org" });
      await expect(row).toContainText("Active");
      await expect(row).toContainText("Own password");

      // No password of this journey stands in the database, the log, or any answer of the server.
      const database_and_log = server.everythingWritten() + database();
      for (const password of passwords) {
        const bare = password.replaceAll("-", "");
        for (const [where, text] of [["database or log", database_and_log], ["an answer", answers.join("\n")]]) {
          expect(text.includes(password) || text.includes(bare), `a password stands in ${where}`).toBe(false);
        }
      }
      expect(answers.length).toBeGreaterThan(10);
    } finally {
      await stop();
    }
  });
}
