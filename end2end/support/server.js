// Starts the built `rollcall` on a free port with a data folder of its own, and stops it.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

/** The program under test. */
export const program = process.env.ROLLCALL_BIN ?? join(target, "debug", "rollcall");

/** A running server. `env` adds settings such as ROLLCALL_SMTP_URL; `data` continues an earlier one's folder. */
export async function startServer({ env = {}, data } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), "rollcall-e2e-"));
  const server = {
    data: folder, url: "", setupLink: "", output: "", child: null,
    /** Ends it without warning, as a power cut would. */
    async kill() { await ended(this.child, "SIGKILL"); },
    /** Asks it to end, and keeps its data. */
    async end() { await ended(this.child, "SIGTERM"); },
    /** Ends it and removes its data. */
    async stop() {
      await ended(this.child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
    /** Starts it again on the same data and the same port. */
    async restart() {
      const port = new URL(this.url).port;
      await launch(this, { ...env, ROLLCALL_LISTEN: `127.0.0.1:${port}` }, false);
    },
    /** All that it has written: log and database, as text. */
    everythingWritten() {
      const files = ["rollcall.db", "rollcall.db-wal"].map((name) => join(folder, name)).filter(existsSync);
      return this.output + files.map((file) => readFileSync(file, "latin1")).join("");
    },
  };
  await launch(server, { ROLLCALL_LISTEN: "127.0.0.1:0", ...env }, data === undefined);
  return server;
}

async function launch(server, env, fresh) {
  const child = spawn(program, ["serve"], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ROLLCALL_DATA_DIR: server.data, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  server.child = child;
  await new Promise((ready, failed) => {
    const began = server.output.length;
    const hear = (bytes) => {
      server.output += bytes;
      const said = server.output.slice(began);
      const url = said.match(/ready at (http:\S+)/)?.[1];
      const link = said.match(/http:\S+\/setup#\S+(?=\s)/)?.[0];
      if (url && (link || !fresh)) {
        server.url = url;
        server.setupLink = link ?? server.setupLink;
        ready();
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", (code) => failed(new Error(`rollcall ended with ${code}:\n${server.output.slice(began)}`)));
  });
}

async function ended(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((done) => child.once("exit", done));
  child.kill(signal);
  await exit;
}
