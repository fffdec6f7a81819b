// Serves the other readers on loopback and lets each review a file in a worker of the same browser.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const here = import.meta.dirname;
const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".cjs": "text/javascript", ".wasm": "application/wasm", ".map": "application/json" };

/** Names that DuckDB's module leaves to a bundler. */
const bare = { "apache-arrow": "/apache-arrow/Arrow.dom.mjs", tslib: "/tslib/tslib.es6.mjs", flatbuffers: "/flatbuffers/mjs/flatbuffers.js" };

function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).replace(/^\/$/, "/index.html");
    const file = [join(here, path), join(here, "node_modules", path), join(here, "node_modules", `${path}.mjs`)]
      .find((place) => statSync(place, { throwIfNoEntry: false })?.isFile());
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    if (!file.endsWith("index.html")) return createReadStream(file).pipe(response);
    const names = JSON.stringify({ imports: bare });
    createReadStream(file).on("data", (text) => response.write(String(text).replace("<script type=\"module\">", `<script type="importmap">${names}</script>\n<script type="module">`))).on("end", () => response.end());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Seconds that each reader needs for the file at `path`, the best of `times` runs; absent where one could not be had. */
export async function contenders(browser, path, times = 3) {
  const server = await serve();
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.locator("body[data-ready]").waitFor();
    await page.locator("input").setInputFiles(path);
    const best = {};
    for (const name of ["bareRead", "papaParse", "uDSV", "duckDB"]) {
      for (let time = 0; time < times; time += 1) {
        const found = await page.evaluate(
          ([name]) => (name === "duckDB" ? window.duckDB?.(document.querySelector("input").files[0]) ?? { error: window.withoutDuckDB } : window.measure(name)),
          [name],
        ).catch((error) => ({ error: String(error) }));
        process.stderr.write(`${name}: ${JSON.stringify(found)}\n`);
        if (found.error) break;
        best[name] = { ...found, seconds: Math.min(found.seconds, best[name]?.seconds ?? Infinity) };
      }
    }
    return best;
  } finally {
    await context.close();
    server.close();
  }
}
