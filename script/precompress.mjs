// Writes a Brotli copy beside each text or Wasm file of the site, so that the server never compresses it again.
import { readdirSync, readFileSync, statSync, writeFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [site] = process.argv.slice(2);
for (const name of readdirSync(site, { recursive: true })) {
  if (!/\.(js|wasm|css|svg|csv|txt)$/.test(name)) continue;
  const file = join(site, name);
  const copy = `${file}.br`;
  const { mtime } = statSync(file);
  if (statSync(copy, { throwIfNoEntry: false })?.mtimeMs === mtime.getTime()) continue;
  const bytes = readFileSync(file);
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 } };
  writeFileSync(copy, brotliCompressSync(bytes, options));
  utimesSync(copy, mtime, mtime);
}
