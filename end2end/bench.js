// Measures what people wait for, in Chromium and against the release build. Figures on standard output, nothing else.
import { chromium } from "@playwright/test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import config from "./playwright.config.js";
import { startMailServer } from "./support/mail.js";
import { newDatabase } from "./support/postgres.js";
import { startServer } from "./support/server.js";
import { file, roster } from "./support/roster.js";
import { chooseFile, setUp, totals } from "./support/people.js";

const REVIEW_ROWS = 200_000;
const IMPORT_ROWS = 10_000;
const MAILS = 2_000;

const figure = (name, value, unit) => process.stdout.write(`${name} ${Number(value.toPrecision(4))} ${unit}\n`);
const browser = await chromium.launch(config.use.launchOptions);

/** Chooses a roster and waits until every row has its verdict; seconds from choosing to the last verdict. */
async function review(page, server, rows, prefix) {
  const buffer = roster(rows, { prefix });
  await page.goto(`${server.url}/admin/people/import`);
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === "true");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose file" }).click();
  const began = performance.now();
  await (await chooser).setFiles(file(`${prefix}.csv`, buffer));
  await page.locator(".file-note", { hasText: "read in" }).waitFor({ timeout: 120_000 });
  return (performance.now() - began) / 1000;
}

/** Seconds from confirming to the last account. */
async function carryOut(page, rows) {
  const began = performance.now();
  await page.getByRole("button", { name: /^Confirm submit/ }).click();
  await page.getByRole("heading", { name: `${rows.toLocaleString("en")} accounts created` }).waitFor({ timeout: 300_000 });
  return (performance.now() - began) / 1000;
}

const peak = (server) => Number(readFileSync(`/proc/${server.child.pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024;

async function onServer(env, work) {
  const server = await startServer({ env });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await setUp(page, server);
    await work(page, server);
  } finally {
    await context.close();
    await server.stop();
  }
}

try {
  await onServer({}, async (page, server) => {
    await review(page, server, 1_000, "warm");
    const text = async () => (await page.locator(".file-note").innerText()).match(/read in ([\d.]+) s/)[1];
    await review(page, server, REVIEW_ROWS, "review");
    figure("review.rows_per_s", REVIEW_ROWS / Number(await text()), "rows/s");
    await review(page, server, IMPORT_ROWS, "sqlite");
    figure("import.sqlite.rows_per_s", IMPORT_ROWS / await carryOut(page, IMPORT_ROWS), "rows/s");
    if (existsSync(`/proc/${server.child.pid}/status`)) figure("server.peak_mb", peak(server), "MB");
  });

  await onServer({ ROLLCALL_DATABASE_URL: newDatabase() }, async (page, server) => {
    await review(page, server, IMPORT_ROWS, "postgres");
    figure("import.postgres.rows_per_s", IMPORT_ROWS / await carryOut(page, IMPORT_ROWS), "rows/s");
  });

  const smtp = await startMailServer();
  await onServer({ ROLLCALL_SMTP_URL: smtp.url, ROLLCALL_MAIL_FROM: "rollcall@example.org" }, async (page, server) => {
    await review(page, server, MAILS, "mail");
    await totals(page);
    await page.getByLabel("Email login details when the password has changed or was generated").check();
    const arrivals = [];
    const watch = setInterval(() => arrivals.push([performance.now(), smtp.taken.length]), 5);
    await carryOut(page, MAILS);
    while (smtp.taken.length < MAILS) await new Promise((later) => setTimeout(later, 20));
    clearInterval(watch);
    const first = arrivals.find(([, count]) => count > 0)[0];
    figure("mail.per_s", MAILS / ((performance.now() - first) / 1000), "mails/s");
  });
  await smtp.stop();

  const site = process.env.ROLLCALL_SITE;
  const kilobytes = (module) =>
    [`pkg/${module}.js.br`, `pkg/${module}.wasm.br`].reduce((sum, name) => sum + statSync(join(site, name)).size / 1000, 0);
  figure("bundle.brotli_kb", kilobytes("rollcall"), "kB");
  figure("bundle.people_brotli_kb", kilobytes("people"), "kB");
  figure("bundle.worker_brotli_kb", kilobytes("roster-worker"), "kB");
  figure("bootstrap.warm_s", Number(process.env.ROLLCALL_BOOTSTRAP_MS) / 1000, "s");
} finally {
  await browser.close();
}
