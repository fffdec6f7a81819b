//! Builds mails: plain text and HTML, headers through lettre's typed interface only, bodies always quoted-printable
//! (RUSTSEC-2026-0561: a body that goes out as it is could smuggle SMTP commands).

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, MessageId, Subject, To,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use zeroize::Zeroizing;

use super::kinds::{Kind, SIGN_IN};
use super::template::{Block, Run, Template, TemplateError};
use super::values::{Values, one_line};

/// The texts of a kind of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    kind: &'static Kind,
    subject: Template,
    text: Template,
}

impl Texts {
    /// Reads texts that an administrator has written.
    ///
    /// # Errors
    /// The first thing because of which they cannot be used.
    pub fn read(kind: &'static Kind, subject: &str, text: &str) -> Result<Texts, TemplateError> {
        Ok(Texts { kind, subject: Template::subject(kind, subject)?, text: Template::body(kind, text)? })
    }

    /// The built-in ones.
    pub fn built_in(kind: &'static Kind) -> Texts {
        Texts::read(kind, kind.subject, kind.text).expect("a test holds the built-in texts to the rules")
    }

    /// What the mail to this person says.
    pub fn wording(&self, values: &Values<'_>) -> Wording {
        let mut subject = self.subject.text(values).trim().to_owned();
        // One that names what only some mails have, such as the hours of a temporary password.
        if subject.is_empty() {
            subject = one_line(values.organisation);
        }
        let link = values.get(self.kind.button.0).unwrap_or_else(|| one_line(values.sign_in_url));
        let html = html(&subject, values.organisation, &link, &self.blocks(values));
        Wording { text: self.text.text(values), subject, html }
    }

    /// What its HTML part is made of.
    pub fn blocks(&self, values: &Values<'_>) -> Vec<Block> {
        self.text.blocks(self.kind, values)
    }
}

/// What a mail says, before it is put into MIME.
#[derive(Clone, PartialEq, Eq)]
pub struct Wording {
    /// One line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The mail with which an administrator tries the mail server.
pub fn test_mail(organisation: &str, asked_by: &str, sign_in_url: &str) -> Wording {
    let subject = one_line(&format!("Test mail from {organisation}"));
    let sentence = format!(
        "This is the test mail that {} asked for. Rollcall can reach your mailbox; nothing else needs to be done.",
        one_line(asked_by)
    );
    let run = Run { kind: "text", text: sentence.clone() };
    let url = one_line(sign_in_url);
    let blocks =
        [Block::Paragraph { lines: vec![vec![run]] }, Block::Button { url: url.clone(), label: SIGN_IN }];
    let text = format!("{sentence}\n\n{url}\n");
    Wording { html: html(&subject, organisation, &url, &blocks), text, subject }
}

/// The HTML layout, read once. Values are escaped as HTML.
static LAYOUT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .add_template("layout", include_str!("layout.html"))
        .expect("the layout is part of the program, and its tests read it");
    environment
});

/// `link` is where the button leads; the foot says it once more.
fn html(subject: &str, organisation: &str, link: &str, blocks: &[Block]) -> String {
    let context = context! {
        subject,
        organisation => one_line(organisation),
        link,
        blocks => Value::from(Serde(blocks)),
    };
    LAYOUT
        .get_template("layout")
        .and_then(|layout| layout.render(context))
        .expect("the tests render every branch of the layout, and values are plain strings")
}

/// Around the wording: from whom, to whom, and under which identity.
pub struct Addressing<'a> {
    /// Sender; also the envelope's.
    pub from: &'a Mailbox,
    /// Display name of the recipient.
    pub to_name: &'a str,
    /// Address of the recipient.
    pub to: &'a str,
    /// The outbox's `<id@domain>`: the same in every attempt, so that a duplicate can be told.
    pub message_id: &'a str,
    /// When the message was put into the outbox, so that every attempt is byte for byte the same.
    pub date: SystemTime,
}

/// A mail as it goes to the mail server.
pub struct Ready {
    /// Sender and recipient for the server.
    pub envelope: Envelope,
    /// Headers and body. They hold the temporary password and are wiped when dropped.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Why a mail cannot be built; the message will fail for good with this sentence.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The recipient's address is not one that mail servers know.
    #[error("The address of the recipient cannot be used in mail ({0}).")]
    Recipient(#[source] lettre::address::AddressError),
    /// lettre refused.
    #[error("The mail cannot be built ({0}).")]
    Message(#[source] lettre::error::Error),
}

#[derive(Clone)]
struct AutoSubmitted(String);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// Puts the wording into MIME.
///
/// # Errors
/// When the recipient's address cannot be used.
pub fn build(wording: &Wording, addressing: &Addressing<'_>) -> Result<Ready, BuildError> {
    let to = ascii_domain(addressing.to)?;
    let name = Some(one_line(addressing.to_name).trim().to_owned()).filter(|name| !name.is_empty());
    let from = Mailbox::new(addressing.from.name.as_deref().map(one_line), addressing.from.email.clone());
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(BuildError::Message)?;
    // A date with milliseconds would be rounded anyway; before 1970 there was no mail to date.
    let since_epoch = addressing.date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let date = SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs());
    let message = Message::builder()
        .date(date)
        .from(from)
        .header(To::from(lettre::message::Mailboxes::from(Mailbox::new(name, to))))
        .header(Subject::from(one_line(&wording.subject)))
        .header(MessageId::from(one_line(addressing.message_id)))
        .header(AutoSubmitted("auto-generated".to_owned()))
        .envelope(envelope.clone())
        .multipart(
            MultiPart::alternative()
                .boundary(boundary(addressing.message_id))
                .singlepart(part(ContentType::TEXT_PLAIN, &wording.text))
                .singlepart(part(ContentType::TEXT_HTML, &wording.html)),
        )
        .map_err(BuildError::Message)?;
    Ok(Ready { envelope, bytes: Zeroizing::new(message.formatted()) })
}

/// Derived from the message's identity, so that a repeated mail is the same mail. `=_` cannot occur in
/// quoted-printable text (RFC 2045, 6.7).
fn boundary(message_id: &str) -> String {
    let id: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(48).collect();
    format!("=_{id}")
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    // Only LF is left as a line end, and every other control character goes: bare CR and dots on lines of their own
    // are what command smuggling is made of.
    let clean: String =
        text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect();
    let body = Body::new_with_encoding(clean, ContentTransferEncoding::QuotedPrintable)
        .expect("quoted-printable can encode any text");
    SinglePart::builder().header(kind).body(body)
}

/// The address with its domain in ASCII, which every mail server understands. A local part with other letters stays
/// and needs a server with SMTPUTF8.
fn ascii_domain(text: &str) -> Result<Address, BuildError> {
    let address: Address = text.parse().map_err(BuildError::Recipient)?;
    match url::Host::parse(address.domain()) {
        Ok(url::Host::Domain(domain)) if domain != address.domain() => {
            Address::new(address.user(), domain).map_err(BuildError::Recipient)
        }
        _ => Ok(address),
    }
}

/// What the placeholders stand for in the mail to a person who is made up, for the preview and the trial in the settings.
pub fn invented<'a>(organisation: &'a str, sign_in_url: &'a str, link: &'a str) -> Values<'a> {
    Values {
        organisation,
        first_name: "Anna",
        last_name: "Example",
        username: "aexample",
        email: "anna@example.com",
        password: Some("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"),
        link: Some(link),
        sign_in_url,
        expires: Some("Thursday, 1 January 2026 at 12:00 UTC"),
        hours: Some(72),
    }
}

/// A moment in words, for `{{ expires }}`.
pub fn in_words(unix_milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_milliseconds)
        .map(|moment| moment.strftime("%A, %-d %B %Y at %H:%M UTC").to_string())
        .unwrap_or_default()
}
