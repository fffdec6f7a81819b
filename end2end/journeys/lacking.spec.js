// Browsers that lack a part of what the review is made for, or refuse it, review a file all the same.
import { expect, test } from "@playwright/test";
import { startServer } from "../support/server.js";
import { file, roster } from "../support/roster.js";
import { chooseFile, setUp, totals, watchConsole } from "../support/people.js";

const ROWS = 40_000;
// What is said first in every script of the review's threads.
const LACKS = {
  "a second thread": "globalThis.Worker = undefined;",
  "leave to start a second thread": "globalThis.Worker = class { constructor() { throw new Error('refused'); } };",
  "streams that fill a given buffer": `
    const getReader = ReadableStream.prototype.getReader;
    ReadableStream.prototype.getReader = function (options) {
      if (options?.mode) throw new TypeError("refused");
      return getReader.call(this);
    };`,
  "a database of its own": "Object.defineProperty(globalThis, 'indexedDB', { configurable: true, value: { open() { throw new Error('refused'); } } });",
};

for (const [part, prelude] of Object.entries(LACKS)) {
  test(`a browser without ${part} reviews a file all the same`, async ({ page }) => {
    const server = await startServer();
    const watch = watchConsole(page);
    try {
      await setUp(page, server);
      let lacking = 0;
      await page.route(/\/(roster-worker|parts)\.js(\?|$)/, async (route) => {
        if (route.request().url().includes("/pkg/roster-worker.js")) return route.continue();
        const answer = await route.fetch();
        lacking += 1;
        await route.fulfill({ response: answer, body: `${prelude}\n${await answer.text()}` });
      });
      // More than one part of the file, and a problem in the last row.
      await chooseFile(page, server, file("people.csv", roster(ROWS, { extra: "last,,Row,last@example.org,Department 1\r\n" })));
      expect(await totals(page)).toMatchObject({ rows: ROWS + 1, "add new": ROWS, invalid: 1 });
      expect(lacking).toBeGreaterThan(0);
      await expect(page.getByRole("table", { name: "Rows" })).toContainText("person00001");
      watch.clean();
    } finally {
      await server.stop();
    }
  });
}
