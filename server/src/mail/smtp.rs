//! Hands mails to a mail server, over one connection that stays open between mails. lettre speaks SMTP; every verb is
//! sent by itself here, because what an answer means depends on the verb, and because each has its own time-out.

use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::ClientConfig;

use super::message::Ready;
use super::outcome::{Cause, Fault, Phase, tidy};
use super::wire::Wire;
use crate::config::{Encryption, SmtpServer};

/// How long to wait for the mail server (RFC 5321, 4.5.3.2).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For TCP.
    pub connect: Duration,
    /// For the answer to a command.
    pub command: Duration,
    /// For the answer to the final dot. Who gives up earlier makes duplicates.
    pub message: Duration,
    /// How long an unused connection is trusted to be still there.
    pub idle: Duration,
}

impl Timeouts {
    /// With so long for the answer to a command.
    pub fn of_answers(command: Duration) -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(30).min(command),
            command,
            // 5 minutes for most commands, 10 for the final dot.
            message: command.saturating_mul(2),
            idle: Duration::from_secs(20),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts::of_answers(Duration::from_secs(300))
    }
}

/// One connection to the mail server, made when it is needed.
pub struct SmtpClient {
    server: SmtpServer,
    tls: Arc<ClientConfig>,
    hello: ClientId,
    timeouts: Timeouts,
    open: Option<Open>,
}

struct Open {
    smtp: AsyncSmtpConnection,
    encrypted: bool,
    last_used: Instant,
    /// Whether a mail went over it already, so that the server may have closed it since.
    used: bool,
}

impl SmtpClient {
    /// A client that has not connected yet. `hello` is how it introduces itself.
    pub fn new(
        server: SmtpServer,
        tls: Arc<ClientConfig>,
        hello: ClientId,
        timeouts: Timeouts,
    ) -> SmtpClient {
        SmtpClient { server, tls, hello, timeouts, open: None }
    }

    /// Hands one mail over and answers with the server's words.
    ///
    /// # Errors
    /// The phase, the cause and the server's words; [`Fault::verdict`] says what to do.
    pub async fn send(&mut self, mail: &Ready) -> Result<String, Fault> {
        let reused = self.connect().await?;
        match self.hand_over(mail).await {
            // The server closed the connection while it was not used. That is its right, and nothing was sent yet.
            Err(Fault { phase: Phase::Sender, cause: Cause::Broken | Cause::Answer(421), .. }) if reused => {
                self.connect().await?;
                self.hand_over(mail).await
            }
            outcome => outcome,
        }
    }

    /// Connects and signs in without sending a mail; for the doctor. Answers with what was found.
    ///
    /// # Errors
    /// As [`SmtpClient::send`].
    pub async fn probe(&mut self) -> Result<Probe, Fault> {
        self.connect().await?;
        let probe = self.open.as_ref().map(|open| Probe {
            name: tidy(open.smtp.server_info().name()),
            encrypted: open.encrypted,
            utf8_addresses: open.smtp.server_info().supports_feature(Extension::SmtpUtfEight),
        });
        self.close().await;
        probe.ok_or_else(|| Fault::broken(Phase::Connect, "the connection is gone"))
    }

    /// Says goodbye, if there is anyone to say it to.
    pub async fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            // A courtesy with a short limit: the answer changes nothing.
            let _ = timeout(Duration::from_secs(2), open.smtp.command(Quit)).await;
        }
    }

    /// Says goodbye if nothing was sent for a while.
    pub async fn close_if_unused(&mut self) {
        if self.open.as_ref().is_some_and(|open| open.last_used.elapsed() >= self.timeouts.idle) {
            self.close().await;
        }
    }

    /// Makes sure of a connection; whether it is one that was used before.
    async fn connect(&mut self) -> Result<bool, Fault> {
        self.close_if_unused().await;
        if let Some(open) = &self.open {
            return Ok(open.used);
        }
        let wire = Wire::open(&self.server, &self.tls, &self.hello, self.timeouts).await?;
        let encrypted = wire.is_encrypted();
        let smtp = timeout(
            self.timeouts.command,
            AsyncSmtpConnection::connect_with_transport(Box::new(wire), &self.hello),
        )
        .await
        .map_err(|_| Fault::timeout(Phase::Greeting))?
        .map_err(|error| Fault::from_lettre(Phase::Greeting, &error))?;
        let mut open = Open { smtp, encrypted, last_used: Instant::now(), used: false };
        self.sign_in(&mut open).await?;
        self.open = Some(open);
        Ok(false)
    }

    async fn sign_in(&self, open: &mut Open) -> Result<(), Fault> {
        let Some((user, password)) = &self.server.credentials else { return Ok(()) };
        if !open.encrypted && self.server.encryption != Encryption::None {
            // Opportunistic encryption that was not offered, or stripped on the way. Mails may go, the password not.
            return Err(Fault::own(
                Phase::Authentication,
                format!(
                    "{} offers no encryption, so the password was not sent. Use ?tls=none if the way there is safe.",
                    self.server.address()
                ),
            ));
        }
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        timeout(self.timeouts.command, open.smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials))
            .await
            .map_err(|_| Fault::timeout(Phase::Authentication))?
            .map_err(|error| Fault::from_lettre(Phase::Authentication, &error))?;
        Ok(())
    }

    /// MAIL, RCPT, DATA and the message over the open connection, which stays open only if it is in a known state.
    async fn hand_over(&mut self, mail: &Ready) -> Result<String, Fault> {
        let timeouts = self.timeouts;
        let mut open =
            self.open.take().ok_or_else(|| Fault::broken(Phase::Connect, "the connection is gone"))?;
        let outcome = converse(&mut open.smtp, mail, timeouts).await;
        let usable = match &outcome {
            Ok(_) => true,
            Err(fault) => match fault.cause {
                Cause::Broken | Cause::Answer(421) => false,
                // Leaves the half-made transaction, so that the next mail starts afresh.
                Cause::Answer(_) | Cause::Own => {
                    matches!(timeout(timeouts.connect, open.smtp.command(Rset)).await, Ok(Ok(_)))
                }
            },
        };
        if usable {
            open.used = true;
            open.last_used = Instant::now();
            self.open = Some(open);
        }
        outcome.map(|response| in_words(&response))
    }
}

/// What a mail server said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Its name.
    pub name: String,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// Whether it takes addresses with letters beyond ASCII before the @ (RFC 6531).
    pub utf8_addresses: bool,
}

async fn converse(
    smtp: &mut AsyncSmtpConnection,
    mail: &Ready,
    timeouts: Timeouts,
) -> Result<Response, Fault> {
    let parameters = parameters(smtp, mail)?;
    command(smtp, Mail::new(mail.envelope.from().cloned(), parameters), Phase::Sender, timeouts.command)
        .await?;
    for recipient in mail.envelope.to() {
        command(smtp, Rcpt::new(recipient.clone(), vec![]), Phase::Recipient, timeouts.command).await?;
    }
    command(smtp, Data, Phase::Data, timeouts.command).await?;
    // lettre puts a line end before the final dot; the mail has one already.
    let bytes = mail.bytes.strip_suffix(b"\r\n").unwrap_or(&mail.bytes);
    timeout(timeouts.message, smtp.message(bytes))
        .await
        .map_err(|_| Fault::timeout(Phase::Message))?
        .map_err(|error| Fault::from_lettre(Phase::Message, &error))
}

async fn command(
    smtp: &mut AsyncSmtpConnection,
    command: impl std::fmt::Display,
    phase: Phase,
    limit: Duration,
) -> Result<Response, Fault> {
    timeout(limit, smtp.command(command))
        .await
        .map_err(|_| Fault::timeout(phase))?
        .map_err(|error| Fault::from_lettre(phase, &error))
}

/// SMTPUTF8 and 8BITMIME, where the mail needs them.
fn parameters(smtp: &AsyncSmtpConnection, mail: &Ready) -> Result<Vec<MailParameter>, Fault> {
    let ascii = mail.envelope.to().iter().chain(mail.envelope.from()).all(is_ascii);
    if ascii && mail.bytes.is_ascii() {
        return Ok(Vec::new());
    }
    if !smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Err(Fault::own(
            Phase::Recipient,
            "The address has letters beyond ASCII before the @, and the mail server cannot deliver to such addresses (no SMTPUTF8).",
        ));
    }
    Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
}

fn is_ascii(address: &Address) -> bool {
    address.user().is_ascii() && address.domain().is_ascii()
}

fn in_words(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    tidy(&format!("{} {}", response.code(), lines.join(" ")))
}
