// Names, files and settings that hope to run somewhere, on every page that shows them, in a real browser: everything stays
// text, also where the page is drawn by its script and not by the server.
import { expect, test } from "@playwright/test";
import { linkIn, writtenMessages } from "../support/mail.js";
import { startServer } from "../support/server.js";
import { file } from "../support/roster.js";
import { chooseFile, confirm, hydrated, setUp, totals, watchConsole } from "../support/people.js";

/** Each would set `window.hostile` or make an element `zqtag`, if anything took it for more than text. */
const PAYLOADS = [
  "<zqtag>hello</zqtag>",
  "<script>window.hostile=1</script>",
  "</script><script>window.hostile=2</script>",
  "<img src=x onerror=window.hostile=3>",
  "\"><svg onload=window.hostile=4>",
  "'-(window.hostile=5)-'",
  "</title></textarea><zqtag>",
  "<a href=javascript:window.hostile=6>click</a>",
  "${window.hostile=7}{{window.hostile=7}}",
  "<iframe srcdoc='<zqtag>'></iframe>",
  "--><zqtag><!--",
  "<style>@import 'https://evil.example/x.css'</style>",
  "<base href=https://evil.example/>",
  "<form action=https://evil.example/><zqtag>",
  "=HYPERLINK(1)<zqtag>",
];

const quoted = (text) => `"${text.replaceAll("\"", "\"\"")}"`;

/** One good and one bad row for each payload, under headers of the same kind. */
function hostileRoster() {
  const titles = ["Username", "First name", "Last name", "Email", "Department", "<zqtag>Job title", PAYLOADS[3]];
  const rows = PAYLOADS.flatMap((text, number) => [
    [`hostile${number}`, text, text, `hostile${number}@example.org`, text, text, text],
    [text, text, text, text, text, text, text],
  ]);
  return Buffer.from([titles, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n"));
}

/** Nothing ran, nothing was made, nothing was asked of anybody else. */
async function expectHarmless(page, where) {
  const found = await page.evaluate(() => ({
    ran: window.hostile,
    made: document.querySelectorAll("zqtag, main iframe, main script, main style, base, [onerror], [onload]").length,
    links: [...document.querySelectorAll("a[href], form[action]")]
      .map((element) => new URL(element.href ?? element.action))
      .filter((url) => url.origin !== location.origin && !["mailto:", "tel:"].includes(url.protocol))
      .map(String),
  }));
  expect(found, where).toEqual({ ran: undefined, made: 0, links: [] });
}

test("whatever is stored stays text on every page", async ({ browser, page }) => {
  test.setTimeout(240_000);
  const server = await startServer();
  const watch = watchConsole(page);
  const asked = new Set();
  const dialogs = [];
  page.on("request", (request) => { if (/^https?:/.test(request.url())) asked.add(new URL(request.url()).origin); });
  page.on("dialog", (dialog) => { dialogs.push(dialog.message()); dialog.dismiss(); });
  try {
    await setUp(page, server);
    await page.goto(`${server.url}/admin/settings`);
    await hydrated(page);
    await page.getByLabel("Name", { exact: true }).fill(PAYLOADS[4]);
    await page.getByLabel("Additional fields").fill(PAYLOADS[0]);
    await page.getByRole("button", { name: "Save settings" }).click();
    await expect(page.getByText("Settings saved.")).toBeVisible();

    // The review, whose rows, headers and choices are drawn by the script alone.
    await chooseFile(page, server, { ...file("x.csv", hostileRoster()), name: "<img src=x onerror=window.hostile=8>.csv" });
    const sum = await totals(page);
    expect(sum["add new"], "names that are good, if odd").toBeGreaterThan(10);
    expect(sum.invalid).toBeGreaterThanOrEqual(PAYLOADS.length);
    await expect(page.getByRole("cell").filter({ hasText: "<zqtag>hello</zqtag>" }).first()).toBeVisible();
    await expectHarmless(page, "review");
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    await page.getByLabel("What the mail brings").selectOption("link");
    await confirm(page);
    await expect(page.getByRole("heading", { name: /accounts created/ })).toBeVisible();
    const done = new URL(page.url()).pathname;
    await expect.poll(async () => (await writtenMessages(server.data)).length).toBe(sum["add new"]);

    for (const path of [done, `${done}?outcome=created`, "/people", "/people?text=%3Czqtag%3E", "/people/hostile0", "/people/hostile3", "/admin/people", "/admin/imports", "/admin/mail", "/admin/audit", "/admin/settings", "/admin/waves", "/me"]) {
      await page.goto(`${server.url}${path}`);
      await hydrated(page);
      await expectHarmless(page, path);
    }
    // Through links of the page itself, so that the script draws what it is led to, and a dialog that names people.
    await page.goto(`${server.url}/people`);
    await hydrated(page);
    await page.getByRole("link", { name: /hello/ }).first().click();
    await page.waitForURL("**/people/hostile*");
    await expect(page.getByRole("heading", { level: 1 })).toContainText("<zqtag>");
    await expectHarmless(page, "profile by link");
    await page.goto(`${server.url}/admin/mail`);
    await hydrated(page);
    await page.getByRole("link", { name: /^Read the mail to/ }).first().click();
    await expect(page.getByRole("heading", { name: "The mail as it was written" })).toBeVisible();
    await expectHarmless(page, "mail");

    // The mail itself, as a browser shows it, and the page its link leads to.
    const messages = await writtenMessages(server.data);
    const letter = await (await browser.newContext()).newPage();
    for (const message of messages) {
      await letter.setContent(message.html);
      const seen = await letter.evaluate(() => ({ ran: window.hostile, made: document.querySelectorAll("zqtag, iframe, script, base, svg, [onerror], [onload]").length }));
      expect(seen, message.to).toEqual({ ran: undefined, made: 0 });
    }
    const theirs = await (await browser.newContext()).newPage();
    const quiet = watchConsole(theirs);
    await theirs.goto(linkIn(messages[0]));
    await expect(theirs.getByRole("heading", { name: /^Welcome/ })).toBeVisible();
    await expectHarmless(theirs, "link");
    quiet.clean();

    expect(dialogs).toEqual([]);
    expect([...asked]).toEqual([server.url]);
    watch.clean();
  } finally {
    await server.stop();
  }
});
