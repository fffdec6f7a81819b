// Reads Excel workbooks by a Wasm module of its own, which is loaded when the first one comes.
let loading;

const load = async () => {
  const module = fetch("/pkg/workbook.wasm");
  const workbook = await import("/pkg/workbook.js");
  await workbook.default({ module_or_path: module });
  return workbook;
};

// An array: the sheet as CSV, its number, then the names of all sheets. Throws a sentence.
export const sheet = async (file, number) => {
  loading ??= load();
  const workbook = await loading.catch(() => {
    loading = undefined;
    throw "The reader of workbooks could not be loaded. Check the connection and choose the file again.";
  });
  return workbook.read_workbook(new Uint8Array(await file.arrayBuffer()), number);
};
