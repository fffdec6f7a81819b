// Rollcall's own reader, as the workbench has it, without the page: it reviews each file that it is handed.
import start, { check_file, roster_worker } from "/pkg/roster-worker.js";

await start({ module_or_path: fetch("/pkg/roster-worker.wasm") });
// Warms up at once, as it does while a person looks for a file; messages for the workbench alone are not for us.
roster_worker();

addEventListener("message", async ({ data: { file } }) => {
  const began = performance.now();
  const found = await check_file(file);
  const seconds = (performance.now() - began) / 1000;
  try {
    const { rows, invalid } = JSON.parse(found);
    postMessage({ seconds, rows, invalid });
  } catch {
    postMessage({ error: found });
  }
});
postMessage("there");
