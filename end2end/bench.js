// Measures what people wait for, in Chromium and against the release build. Figures on standard output, nothing else.
import { chromium } from "@playwright/test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { barePostgres, bareSqlite, finishedPostgres, finishedSqlite } from "./bench/bare.js";
import { contenders } from "./bench/contenders.js";
import { heap, sighted, tenMillion, watch } from "./bench/large.js";
import { emptyOutbox } from "./bench/mail.js";
import { writeRoster } from "./bench/roster.js";
import { startUnwatched } from "./bench/unwatched.js";
import config from "./playwright.config.js";
import { newDatabase } from "./support/postgres.js";
import { startServer } from "./support/server.js";
import { file, roster } from "./support/roster.js";
import { setUp } from "./support/people.js";

const REVIEW_ROWS = 1_000_000;
const IMPORT_ROWS = 100_000;
const MAILS = 20_000;

const figure = (name, value, unit) => process.stdout.write(`${name} ${Number(value.toPrecision(4))} ${unit}\n`);
const browser = await chromium.launch(config.use.launchOptions);

/** Chooses a roster and waits until every row has its verdict. */
async function review(page, server, rows, prefix) {
  await choose(page, server, file(`${prefix}.csv`, roster(rows, { prefix })));
}

/** What a person needs at least to find a file, in milliseconds; the others are measured warm as well, at their best of three. */
const SEARCH = 2_000;

/** Chooses a file (or the path of one); seconds that reading and checking took, and the worker's memory in bytes. */
async function choose(page, server, chosen) {
  await page.goto(`${server.url}/admin/people/import`);
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === "true");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose file" }).click();
  await later(SEARCH);
  await (await chooser).setFiles(chosen);
  // Looked at now and then (as below): to wait for it in every frame would have the page drawn in every frame.
  const ready = () => document.querySelector(".file-note")?.dataset.phase === "ready";
  await page.waitForFunction(ready, null, { polling: 100, timeout: 300_000 });
  const note = page.locator(".file-note");
  return {
    seconds: Number(await note.getAttribute("data-elapsed-ms")) / 1000,
    bytes: Number(await note.getAttribute("data-wasm-bytes")),
  };
}

const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Confirms an import, and waits until the page says that it is done; in seconds. */
async function watched(page, rows) {
  const began = Date.now();
  await page.getByRole("button", { name: /^Confirm submit/ }).click();
  const said = (words) => [...document.querySelectorAll("h1, h2")].some((heading) => heading.textContent.replace(/\s+/g, " ").includes(words));
  await page.waitForFunction(said, `${rows.toLocaleString("en")} accounts created`, { polling: 100, timeout: 300_000 });
  return (Date.now() - began) / 1000;
}

/** Reviews a file on a server of its own and has it imported by `carry`; by how many megabytes the server has grown, too. */
async function carryOut(env, path, carry) {
  const server = await startServer({ env });
  const unwatched = await startUnwatched(config.use.launchOptions);
  try {
    const page = await unwatched.attach();
    await setUp(page, server);
    await choose(page, server, path);
    const before = peak(server);
    const seconds = await carry(page, unwatched, server);
    return { seconds, grown: peak(server) - before, peak: peak(server) };
  } finally {
    await unwatched.close();
    await server.stop();
  }
}

/**
 * An import of a file, from confirming to the last account as the database has it, in a browser that nobody watches: the
 * best of three, beside the best of three times the bare database. And once until the page says so, which has to be watched.
 */
async function imports(engine, path, rows, environment, finished, bare) {
  const runs = [];
  for (let time = 0; time < 3; time += 1) {
    const env = environment();
    const run = await carryOut(env, path, async (page, unwatched, server) => {
      if (finished(env, server) === null) return watched(page, rows);
      const began = Date.now();
      await page.getByRole("button", { name: /^Confirm submit/ }).click();
      await unwatched.detach();
      let at = 0;
      for (let tries = 0; at === 0 && tries < 300; tries += 1) {
        await later(1_000);
        at = finished(env, server);
      }
      return (at - began) / 1000;
    });
    runs.push({ ...run, bare: bare() });
  }
  const shown = await carryOut(environment(), path, (page) => watched(page, rows));
  process.stderr.write(`${engine}: ${JSON.stringify(runs)}\n`);
  const best = (of) => Math.min(...runs.map(of));
  figure(`import.${engine}.rows_per_s`, rows / best((run) => run.seconds), "rows/s");
  figure(`import.${engine}.shown_after_s`, shown.seconds, "s");
  if (runs[0].bare !== null) figure(`import.${engine}.vs_bare`, best((run) => run.seconds) / best((run) => run.bare), "times_slower");
  return runs;
}

const peak = (server) => Number(readFileSync(`/proc/${server.child.pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024;

async function onServer(env, work) {
  const server = await startServer({ env });
  const context = await browser.newContext();
  try {
    await watch(context);
    const page = await context.newPage();
    await setUp(page, server);
    await work(page, server);
  } finally {
    await context.close();
    await server.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
const big = join(folder, "roster.csv");
const medium = join(folder, "import.csv");

try {
  // Some rows are wrong, so that readers which check show that they do.
  writeRoster(big, REVIEW_ROWS, (row, person) => {
    if (row % 5_000 === 1_000) person.given = "";
    if (row % 5_000 === 2_000) person.email = `nobody at all ${row}`;
  });
  writeRoster(medium, IMPORT_ROWS);
  await onServer({}, async (page, server) => {
    await review(page, server, 1_000, "warm");
    // Reading alone, beside the others; then in the page, which draws meanwhile and asks the directory.
    const alone = await contenders(browser, process.env.ROLLCALL_SITE, big);
    figure("review.rows_per_s", REVIEW_ROWS / alone.rollcall, "rows/s");
    for (const [name, other] of [["papaparse", "papaParse"], ["udsv", "uDSV"], ["duckdb", "duckDB"]]) {
      if (alone[other]) figure(`review.vs_${name}`, alone[other] / alone.rollcall, "times_faster");
    }
    figure("review.vs_bare_read", alone.rollcall / alone.bareRead, "times_slower");
    const runs = [];
    for (let time = 0; time < 3; time += 1) runs.push({ ...(await choose(page, server, big)), ...(await sighted(page)) });
    const inPage = Math.min(...runs.map((run) => run.seconds));
    figure("review.in_page_rows_per_s", REVIEW_ROWS / inPage, "rows/s");
    figure("review.in_page_vs_bare_read", inPage / alone.bareRead, "times_slower");
    figure("review.wasm_mb", Math.max(...runs.map((run) => run.bytes)) / 1e6, "MB");
    figure("review.first_screenful_ms", Math.max(...runs.map((run) => run.first)), "ms");
    const smaller = (await heap(page)).used;
    const large = await tenMillion(page, folder, (path) => choose(page, server, path));
    figure("review.longest_task_ms", Math.max(large.longest, ...runs.map((run) => run.longest)), "ms");
    figure("review.first_screenful_10m_ms", large.first, "ms");
    figure("review.rows_per_s_10m", large.rows / large.seconds, "rows/s");
    figure("review.wasm_mb_10m", large.bytes / 1e6, "MB");
    figure("review.miscounted_10m", large.off, "rows");
    figure("review.jump_ms", large.jump, "ms");
    figure("review.heap_growth_mb_10m", (large.heap - smaller) / 1e6, "MB");
  });

  const sqlite = await imports(
    "sqlite", medium, IMPORT_ROWS, () => ({}),
    (env, server) => finishedSqlite(join(server.data, "rollcall.db")),
    () => bareSqlite(medium, join(folder, "bare.db")),
  );
  figure("server.grown_mb", Math.max(...sqlite.map((run) => run.grown)), "MB");
  figure("server.peak_mb", Math.max(...sqlite.map((run) => run.peak)), "MB");
  await imports(
    "postgres", medium, IMPORT_ROWS, () => ({ ROLLCALL_DATABASE_URL: newDatabase() }),
    (env) => finishedPostgres(env.ROLLCALL_DATABASE_URL),
    () => barePostgres(medium),
  );

  const owed = join(folder, "mail.csv");
  writeRoster(owed, MAILS);
  const { ours, theirs } = await emptyOutbox(owed, MAILS);
  figure("mail.per_s", MAILS / ours, "mails/s");
  if (theirs) figure("mail.vs_smtp_source", ours / theirs, "times_slower");

  const site = process.env.ROLLCALL_SITE;
  const kilobytes = (module) =>
    [`pkg/${module}.js.br`, `pkg/${module}.wasm.br`].reduce((sum, name) => sum + statSync(join(site, name)).size / 1000, 0);
  // The largest of what a page loads at first; the roster worker loads beside it.
  figure("bundle.brotli_kb", Math.max(...["people", "rollcall", "import"].map(kilobytes)), "kB");
  figure("bundle.people_brotli_kb", kilobytes("people"), "kB");
  figure("bundle.worker_brotli_kb", kilobytes("roster-worker"), "kB");
  figure("bootstrap.warm_s", Number(process.env.ROLLCALL_BOOTSTRAP_MS) / 1000, "s");
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
