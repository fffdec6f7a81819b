// The roster worker: a Wasm module of its own. Messages that come before it is ready are kept.
const waiting = [];
const keep = (event) => waiting.push(event);
addEventListener("message", keep);
// Asked for beside the glue, not after it.
const module = fetch("/pkg/roster-worker.wasm");
const rollcall = await import("/pkg/roster-worker.js");
await rollcall.default({ module_or_path: module });
removeEventListener("message", keep);
rollcall.roster_worker();
for (const event of waiting) dispatchEvent(new MessageEvent("message", { data: event.data }));
