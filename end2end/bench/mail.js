// How fast the outbox is emptied: the built server into a mail server on this machine, beside postfix's smtp-source.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { program, startServer } from "../support/server.js";

/** Both senders have as many. */
const CONNECTIONS = "4";

/** A mail server that takes everything as fast as it comes (server/examples/mail_sink). */
async function startSink() {
  const child = spawn(join(dirname(program), "examples", "mail_sink"), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const address = (await lines.next()).value;
  return {
    address,
    /** Mails and bytes taken so far. */
    async taken() {
      child.stdin.write("\n");
      const [mails, bytes] = (await lines.next()).value.split(" ").map(Number);
      return { mails, bytes };
    },
    stop: () => child.stdin.end(),
  };
}

/**
 * Seconds in which the mails that the people of a roster are owed have left, with each result recorded; and those that
 * smtp-source takes for as many mails of that size, or `null` where it is not installed.
 */
export async function emptyOutbox(roster, mails) {
  const data = mkdtempSync(join(tmpdir(), "rollcall-mail-"));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ROLLCALL_DATA_DIR: data };
  execFileSync(program, ["import", roster, "--email", "--yes"], { env, stdio: "ignore" });
  const sink = await startSink();
  const server = await startServer({
    data,
    env: {
      ROLLCALL_SMTP_URL: `smtp://${sink.address}?tls=none`,
      ROLLCALL_MAIL_FROM: "rollcall@example.org",
      ROLLCALL_MAIL_CONNECTIONS: CONNECTIONS,
    },
  });
  let began, taken;
  do {
    await new Promise((later) => setTimeout(later, 5));
    taken = await sink.taken();
    if (taken.mails > 0) began ??= performance.now();
  } while (taken.mails < mails);
  const ours = (performance.now() - began) / 1000;
  // Asked to end, it writes down what it still knows; a second start would send what was not recorded once more.
  await server.end();
  await server.restart();
  await new Promise((later) => setTimeout(later, 500));
  const again = (await sink.taken()).mails - taken.mails;
  await server.stop();
  if (again !== 0) throw new Error(`${again} mails were not recorded`);
  const theirs = smtpSource(sink.address, mails, Math.round(taken.bytes / mails));
  sink.stop();
  return { ours, theirs };
}

function smtpSource(address, mails, size) {
  const found = [...process.env.PATH.split(":"), "/usr/sbin"].map((folder) => join(folder, "smtp-source")).find(existsSync);
  if (!found) {
    process.stderr.write("smtp-source is not installed (Debian: postfix), so nothing is compared with it\n");
    return null;
  }
  const began = performance.now();
  execFileSync(found, ["-d", "-s", CONNECTIONS, "-m", String(mails), "-l", String(size), "-f", "rollcall@example.org", "-t", "anna@example.org", address]);
  return (performance.now() - began) / 1000;
}
