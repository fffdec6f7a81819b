// The roster worker: a Wasm module of its own. Messages that come before it is ready are kept.
const waiting = [];
const keep = (event) => waiting.push(event);
addEventListener("message", keep);
// Asked for beside the glue, not after it.
const module = fetch("/pkg/roster-worker.wasm");
const table = fetch("/pkg/common-passwords.bin")
  .then((answer) => (answer.ok ? answer.arrayBuffer() : undefined))
  .catch(() => undefined);
const rollcall = await import("/pkg/roster-worker.js");
await rollcall.default({ module_or_path: module });
// Without it the worker's rules judge alone, and the server has the last word.
const common = await table;
if (common) rollcall.common_passwords(new Uint8Array(common));
removeEventListener("message", keep);
rollcall.roster_worker();
for (const event of waiting) dispatchEvent(new MessageEvent("message", { data: event.data }));
