// Serves readers of CSV on loopback, and lets each review a file in a worker of the same browser, where nothing is drawn.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const here = import.meta.dirname;
const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".cjs": "text/javascript", ".wasm": "application/wasm", ".map": "application/json" };
const READERS = ["rollcall", "bareRead", "papaParse", "uDSV", "duckDB"];

/** Names that DuckDB's module leaves to a bundler. */
const bare = { "apache-arrow": "/apache-arrow/Arrow.dom.mjs", tslib: "/tslib/tslib.es6.mjs", flatbuffers: "/flatbuffers/mjs/flatbuffers.js" };

/** Serves this folder, its packages, and what browsers load of Rollcall. */
function serve(site) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).replace(/^\/$/, "/index.html");
    const file = [join(here, path), join(site, path), join(here, "node_modules", path), join(here, "node_modules", `${path}.mjs`)]
      .find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    if (!file.endsWith("index.html")) return createReadStream(file).pipe(response);
    const names = JSON.stringify({ imports: bare });
    createReadStream(file).on("data", (text) => response.write(String(text).replace("<script type=\"module\">", `<script type="importmap">${names}</script>\n<script type="module">`))).on("end", () => response.end());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/**
 * Seconds that each reader needs for the file at `path`, the median of some rounds in which they take turns: what else the
 * machine does meets all of them alike. Absent where one could not be had. Those that check must find the same.
 */
export async function contenders(browser, site, path, rounds = 7) {
  const server = await serve(site);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.locator("body[data-ready]").waitFor();
    await page.locator("input").setInputFiles(path);
    const runs = Object.fromEntries(READERS.map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const name of READERS.filter((name) => runs[name])) {
        const found = await page.evaluate((name) => window.measure(name), name).catch((error) => ({ error: String(error) }));
        process.stderr.write(`${name}: ${JSON.stringify(found)}\n`);
        if (found.error) delete runs[name];
        else runs[name].push(found);
      }
    }
    const checked = Object.values(runs).flat().filter(({ rows }) => rows !== undefined);
    if (new Set(checked.map(({ rows, invalid }) => `${rows} ${invalid}`)).size > 1) throw new Error("The readers do not find the same.");
    return Object.fromEntries(Object.entries(runs).map(([name, of]) => [name, median(of.map(({ seconds }) => seconds))]));
  } finally {
    await context.close();
    server.close();
  }
}
