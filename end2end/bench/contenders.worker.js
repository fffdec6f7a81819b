// Other readers of CSV doing the review's checks: required fields, the form of addresses, flags, and that usernames and
// addresses occur once. Each reads the file that it is handed, and answers with what it found.
const ADDRESS = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}$/i;
const FLAG = /^(|0|1|yes|no|true|false)$/i;
const [USERNAME, FIRST, LAST, EMAIL, FLAGGED] = [0, 1, 2, 3, 6];

/** Checks rows of strings, one after the other. */
function checks() {
  const [usernames, emails] = [new Set(), new Set()];
  const found = { rows: 0, invalid: 0 };
  const take = (row) => {
    found.rows += 1;
    const username = row[USERNAME].trim().normalize("NFC").toLowerCase();
    const email = row[EMAIL].trim().normalize("NFC").toLowerCase();
    const bad = !username || !row[FIRST].trim() || !row[LAST].trim() || !ADDRESS.test(email) || !FLAG.test(row[FLAGGED].trim())
      || usernames.has(username) || emails.has(email);
    if (bad) found.invalid += 1;
    usernames.add(username);
    emails.add(email);
  };
  return { found, take };
}

const contenders = {
  async bareRead(file) {
    let bytes = 0;
    for await (const part of file.stream()) bytes += part.byteLength;
    return { bytes };
  },

  async papaParse(file) {
    importScripts("/papaparse/papaparse.min.js");
    const { found, take } = checks();
    await new Promise((resolve, reject) => {
      let header = true;
      const chunk = ({ data }) => {
        for (const row of data) header ? (header = false) : take(row);
      };
      Papa.parse(file, { skipEmptyLines: true, chunk, complete: resolve, error: reject });
    });
    return found;
  },

  async uDSV(file) {
    importScripts("/udsv/dist/uDSV.iife.min.js");
    const { found, take } = checks();
    let parser;
    for await (const text of file.stream().pipeThrough(new TextDecoderStream())) {
      parser ??= uDSV.initParser(uDSV.inferSchema(text));
      parser.chunk(text, parser.stringArrs, take);
    }
    parser.end();
    return found;
  },
};

onmessage = async ({ data: { name, file } }) => {
  const began = performance.now();
  try {
    const found = await contenders[name](file);
    postMessage({ seconds: (performance.now() - began) / 1000, ...found });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
