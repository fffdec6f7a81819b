// The roster worker: receives the page's compiled Wasm module, so that it is compiled once, and hands over to Rust.
addEventListener("message", async ({ data: { glue, module } }) => {
  const rollcall = await import(glue);
  await rollcall.default({ module_or_path: module });
  rollcall.roster_worker();
  postMessage("ready");
}, { once: true });
