// A browser that works without anybody watching. Whoever is attached to a browser as a debugger, as Playwright is, is told of
// every request with all of its bytes; of an import that is a fifth of the time.
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** What `look` answers, once it answers something. */
async function until(look, seconds) {
  for (let tries = seconds * 10; tries > 0; tries -= 1) {
    const found = await look();
    if (found) return found;
    await later(100);
  }
  throw new Error(`not so within ${seconds} s: ${look}`);
}

/** Starts one: `attach` gives its only page, `detach` leaves it to itself, `close` ends it. */
export async function startUnwatched({ executablePath, args }) {
  const profile = mkdtempSync(join(tmpdir(), "rollcall-browser-"));
  const child = spawn(executablePath, [...args, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"], { stdio: "ignore" });
  const port = () => {
    try {
      return readFileSync(join(profile, "DevToolsActivePort"), "utf8").match(/^(\d+)\n/)?.[1];
    } catch {
      return undefined;
    }
  };
  const address = `http://127.0.0.1:${await until(port, 30)}`;
  await until(async () => (await (await fetch(`${address}/json/list`)).json()).length > 0, 30);
  let connection = null;
  const attach = async () => {
    connection = await chromium.connectOverCDP(address);
    return until(() => connection.contexts()[0].pages()[0], 30);
  };
  return {
    attach,
    async detach() {
      await connection.close();
      connection = null;
    },
    async close() {
      const ended = new Promise((done) => child.once("exit", done));
      if (!connection) await attach();
      // Asked to, it ends with all of its processes, which write into its profile.
      await (await connection.newBrowserCDPSession()).send("Browser.close").catch(() => child.kill());
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
