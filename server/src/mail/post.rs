//! The post office: knows from the configuration how mail leaves, and tries it out for administrators.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use app::api::mail_texts::{MailBlock, MailLook, MailPreview, MailRun};
use directory::clock::{Clock, SystemClock};
use directory::mail_texts::MailText;
use directory::outbox::OutgoingMessage;
use directory::settings::Settings;
use lettre::transport::smtp::extension::ClientId;
use tokio_rustls::rustls::ClientConfig;

use super::files::FileTransport;
use super::kinds::Kind;
use super::letterhead::{self, Letterhead};
use super::message::{self, Addressing, Ready, Texts, Wording};
use super::outcome::Fault;
use super::smtp::{SmtpClient, Timeouts};
use super::template::{Block, Run};
use super::values::one_line;
use super::wire;
use crate::config::{Config, ConfigError, Encryption, MailWay, Origin, SmtpServer};

/// Why the configuration of mail cannot be used.
pub type PostError = ConfigError;

/// How mail leaves this process.
#[derive(Clone)]
pub struct Post {
    config: Arc<Config>,
    tls: Arc<ClientConfig>,
    timeouts: Timeouts,
    clock: Arc<dyn Clock>,
}

/// One way out, used by one lane of the sender at a time.
pub enum Transport {
    /// Files.
    Files(FileTransport),
    /// A connection to the mail server.
    Smtp(Box<SmtpClient>),
}

impl Transport {
    /// Hands one mail over; answers with the words to keep.
    ///
    /// # Errors
    /// What went wrong, and what that means.
    pub async fn send(&mut self, message: &OutgoingMessage, mail: &Ready) -> Result<String, Fault> {
        self.hand_over(&message.id.to_string(), message.created_at.0, mail).await
    }

    async fn hand_over(&mut self, id: &str, created_ms: i64, mail: &Ready) -> Result<String, Fault> {
        match self {
            Transport::Files(files) => files.send(id, created_ms, mail).await,
            Transport::Smtp(client) => client.send(mail).await,
        }
    }

    /// Closes the connection, if there is one.
    pub async fn close(&mut self) {
        if let Transport::Smtp(client) = self {
            client.close().await;
        }
    }

    /// Closes a connection that was not used for a while.
    pub async fn close_if_unused(&mut self) {
        if let Transport::Smtp(client) = self {
            client.close_if_unused().await;
        }
    }
}

impl Post {
    /// From the configuration.
    ///
    /// # Errors
    /// When the own certificate authority is not usable.
    pub fn new(config: Arc<Config>) -> Result<Post, PostError> {
        let timeouts = Timeouts::of_answers(config.mail.timeout);
        Post::with_timeouts(config, timeouts)
    }

    /// The same with other time-outs.
    ///
    /// # Errors
    /// When the own certificate authority is not usable.
    pub fn with_timeouts(config: Arc<Config>, timeouts: Timeouts) -> Result<Post, PostError> {
        let tls =
            wire::tls_config(config.mail.extra_authority.as_deref()).map_err(|mend| ConfigError::Value {
                key: "smtp_ca_file",
                origin: Origin::Default,
                mend: format!("{mend}; name a PEM file with the certificate of the authority"),
            })?;
        Ok(Post { config, tls, timeouts, clock: Arc::new(SystemClock) })
    }

    /// The mail server, unless mails become files.
    pub fn server(&self) -> Option<&SmtpServer> {
        match &self.config.mail.way {
            MailWay::Smtp(server) => Some(server),
            MailWay::Files(_) => None,
        }
    }

    /// The folder of the file transport, unless there is a mail server.
    pub fn files(&self) -> Option<FileTransport> {
        match &self.config.mail.way {
            MailWay::Files(folder) => Some(FileTransport::new(folder.clone())),
            MailWay::Smtp(_) => None,
        }
    }

    /// The first wait of a mail that failed for now.
    pub fn first_retry(&self) -> Duration {
        self.config.mail.retry
    }

    /// A way out that is not connected yet.
    pub fn transport(&self) -> Transport {
        match &self.config.mail.way {
            MailWay::Files(folder) => Transport::Files(FileTransport::new(folder.clone())),
            MailWay::Smtp(server) => Transport::Smtp(Box::new(self.client(server))),
        }
    }

    /// A client for `server`.
    pub fn client(&self, server: &SmtpServer) -> SmtpClient {
        SmtpClient::new(server.clone(), self.tls.clone(), self.hello(), self.timeouts)
    }

    /// How we introduce ourselves to mail servers (RFC 5321, 4.1.1.1): the public name, or an address literal.
    fn hello(&self) -> ClientId {
        let host = self.config.public_url.host();
        match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(host.to_owned()),
        }
    }

    fn sign_in_url(&self) -> String {
        letterhead::sign_in_url(&self.config)
    }

    /// What the mails of a batch have in common.
    pub fn letterhead(&self, settings: &Settings, texts: &[MailText]) -> Letterhead {
        Letterhead::new(&self.config, settings, texts)
    }

    /// What a test mail says: in general, or with a text as it would go to the person of the preview.
    ///
    /// # Errors
    /// What is wrong with the text, in words for the administrator.
    pub fn trial(&self, text: Option<&MailText>, name: &str, organisation: &str) -> Result<Wording, String> {
        match text {
            Some(text) => Ok(self.invented(text, organisation)?.0),
            None => Ok(message::test_mail(organisation, name, &self.sign_in_url())),
        }
    }

    /// Sends a mail at once, past the outbox; answers with the mail server's words.
    ///
    /// # Errors
    /// What went wrong, in words for the administrator.
    pub async fn send_now(
        &self,
        wording: &Wording,
        to: &str,
        name: &str,
        organisation: &str,
    ) -> Result<String, String> {
        let id = uuid::Uuid::now_v7();
        let from = self.config.mail_from(organisation);
        let created_ms = self.clock.now().0;
        let date = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(created_ms).unwrap_or(0));
        let mail = message::build(
            wording,
            &Addressing {
                from: &from,
                to_name: name,
                to,
                message_id: &format!("<{id}@{}>", from.email.domain()),
                date,
            },
        )
        .map_err(|error| error.to_string())?;
        let mut transport = self.transport();
        let sent = transport.hand_over(&id.to_string(), created_ms, &mail).await;
        transport.close().await;
        sent.map_err(|fault| fault.to_string())
    }

    /// A sentence about how mail leaves, without secrets; says so where it can be read on the way.
    pub fn describe(&self) -> String {
        match &self.config.mail.way {
            MailWay::Files(folder) => format!("Mails are written as files under {}.", folder.display()),
            MailWay::Smtp(server) => {
                let how = match server.encryption {
                    Encryption::Implicit | Encryption::Required => "encrypted",
                    Encryption::Opportunistic => {
                        "encrypted only if the server offers it: not safe against eavesdroppers"
                    }
                    Encryption::None => "not encrypted: anyone on the way can read the temporary passwords",
                };
                format!("Mails go to {} ({how}).", server.address())
            }
        }
    }

    /// The mail that this text makes for a person who is made up, for the settings.
    ///
    /// # Errors
    /// A sentence about the first thing that is wrong.
    pub fn preview(&self, text: &MailText, organisation: &str) -> Result<MailPreview, String> {
        let (wording, blocks) = self.invented(text, organisation)?;
        Ok(MailPreview {
            // A name of several lines is refused when it is saved; a mailbox cannot even be written with it.
            from: self.config.mail_from(&one_line(organisation)).to_string(),
            subject: wording.subject,
            text: wording.text,
            blocks: blocks.into_iter().map(shown).collect(),
        })
    }

    fn invented(&self, text: &MailText, organisation: &str) -> Result<(Wording, Vec<Block>), String> {
        let kind = Kind::of(text.kind);
        let texts = Texts::read(kind, &text.subject, &text.text).map_err(|error| error.to_string())?;
        let (sign_in_url, link) =
            (self.sign_in_url(), letterhead::link_with(&self.config, text.kind, "EXAMPLE"));
        let values = message::invented(organisation, &sign_in_url, &link);
        Ok((texts.wording(&values), texts.blocks(&values)))
    }
}

/// A block of the HTML part for the page, which draws it by itself: a mail's own styles are nothing for its policy.
fn shown(block: Block) -> MailBlock {
    let run = |run: Run| {
        let look = match run.kind {
            "code" => MailLook::Code,
            "link" => MailLook::Link,
            _ => MailLook::Plain,
        };
        MailRun { look, text: run.text }
    };
    match block {
        Block::Button { label, .. } => MailBlock::Button(label.to_owned()),
        Block::Paragraph { lines } => {
            MailBlock::Paragraph(lines.into_iter().map(|line| line.into_iter().map(run).collect()).collect())
        }
    }
}
