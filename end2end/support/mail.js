// Mail as it arrives: a real SMTP server on loopback, and the file transport's folder.
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * An SMTP server that keeps what it takes. `refuse(address)` may answer with an error text for a recipient; with `login`
 * it wants that user name and password, which may be changed meanwhile.
 */
export async function startMailServer({ refuse = () => null, login } = {}) {
  const taken = [];
  const server = new SMTPServer({
    disabledCommands: login ? ["STARTTLS"] : ["STARTTLS", "AUTH"],
    logger: false,
    onAuth({ username, password }, _session, done) {
      const right = username === login.user && password === login.pass;
      done(right ? null : Object.assign(new Error("5.7.8 wrong user name or password"), { responseCode: 535 }), { user: username });
    },
    onRcptTo(address, _session, done) {
      const why = refuse(address.address);
      done(why ? Object.assign(new Error(why), { responseCode: 550 }) : null);
    },
    onData(stream, session, done) {
      const parts = [];
      stream.on("data", (part) => parts.push(part));
      stream.on("end", () => {
        taken.push({ to: session.envelope.rcptTo.map((rcpt) => rcpt.address), raw: Buffer.concat(parts) });
        done();
      });
    },
  });
  // A client that is killed in the middle of a conversation is part of what is tested.
  server.on("error", () => {});
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `smtp://127.0.0.1:${server.server.address().port}?tls=none`,
    taken,
    login,
    async messages() { return Promise.all(taken.map(({ to, raw }) => parse(to[0], raw))); },
    stop: () => new Promise((done) => server.close(done)),
  };
}

/** The messages that the file transport has written under a data folder. */
export async function writtenMessages(data) {
  const folder = join(data, "mail");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".eml")).sort();
  return Promise.all(files.map((name) => parse(undefined, readFileSync(join(folder, name)))));
}

async function parse(envelopeTo, raw) {
  const mail = await PostalMime.parse(raw);
  const to = envelopeTo ?? mail.to?.[0]?.address;
  return { to, subject: mail.subject, text: mail.text ?? "", html: mail.html ?? "", messageId: mail.messageId };
}

/** The link in a message with which somebody sets a first password. */
export const linkIn = (message) => message.text.match(/https?:\S+\/password\/set#\S+/)[0];

/** The temporary password in a message: groups of Crockford base-32 symbols. */
export function passwordIn(message) {
  const found = message.text.match(/\b(?:[0-9A-HJKMNP-TV-Z]{2,6}-){3,}[0-9A-HJKMNP-TV-Z]{1,6}\b/);
  if (!found) throw new Error(`no password in:\n${message.text}`);
  return found[0];
}
