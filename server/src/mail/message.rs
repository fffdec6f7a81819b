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

use super::template::{Block, Run, SIGN_IN, Template, TemplateError, Values, one_line};

/// The texts that an administrator may edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    subject: Template,
    text: Template,
}

impl Texts {
    /// Reads subject and text.
    ///
    /// # Errors
    /// The first line that holds something else than text and known placeholders.
    pub fn parse(subject: &str, text: &str) -> Result<Texts, TemplateError> {
        Ok(Texts { subject: Template::parse(subject)?, text: Template::parse(text)? })
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

/// Login details: with a temporary password, or without one when the roster brought the password.
pub fn login_details(texts: &Texts, values: &Values<'_>) -> Wording {
    let subject = texts.subject.text(values).trim().to_owned();
    let html = html(&subject, values, &texts.text.blocks(values));
    Wording { text: texts.text.text(values), subject, html }
}

/// The link to set a new password.
pub fn password_reset(values: &Values<'_>, url: &str) -> Wording {
    let subject = one_line(&format!("Set a new password at {}", values.organisation));
    let what = format!(
        "somebody, most likely you, has asked for a new password for {}. This link sets it, once, within 30 minutes:",
        one_line(values.username)
    );
    let otherwise = "If it was not you, there is nothing to do: your password stays as it is.";
    around_a_link(subject, values, vec![words(what)], (url, "Set a new password"), vec![words(otherwise)])
}

/// The link with which a newcomer sets the first password.
pub fn set_password_link(values: &Values<'_>, url: &str) -> Wording {
    let subject = one_line(&format!("Your account at {}", values.organisation));
    let ready = format!("your account at {} is ready.", one_line(values.organisation));
    let username = Run { kind: "code", text: one_line(values.username) };
    let username = [words("Username: "), vec![username]].concat();
    let what = "Set your own password with this link; you are signed in right after:";
    let until = match values.expires {
        Some(expires) => format!("It works once, until {}.", one_line(expires)),
        None => "It works once.".to_owned(),
    };
    let sign_in = Run { kind: "link", text: one_line(values.sign_in_url) };
    let later = [words("Later on you sign in at "), vec![sign_in], words(".")].concat();
    let otherwise = "If you did not expect this mail, you can ignore it. Do not pass the link on: whoever has it can use it.";
    around_a_link(
        subject,
        values,
        vec![words(ready), username, words(what)],
        (url, "Set your password"),
        vec![words(until), later, words(otherwise)],
    )
}

/// That the second factor was switched on or off: whoever did not do it has to know.
pub fn second_factor(values: &Values<'_>, on: bool) -> Wording {
    let (what, then) = if on {
        (
            "switched on",
            "Signing in asks for a code of your authenticator app from now on, beside the password.",
        )
    } else {
        (
            "switched off",
            "Your password alone gets you in from now on, until you set a second factor up again.",
        )
    };
    let subject = one_line(&format!("Second factor {what} at {}", values.organisation));
    let whose = format!("the second factor of your account {} was {what}. {then}", one_line(values.username));
    let otherwise =
        "If neither you nor your administrators did this, set a new password at once and tell them.";
    let before = vec![words(whose), words(otherwise)];
    around_a_link(subject, values, before, (values.sign_in_url, SIGN_IN), Vec::new())
}

fn words(text: impl Into<String>) -> Vec<Run> {
    vec![Run { kind: "text", text: text.into() }]
}

/// A mail that is about its one link.
fn around_a_link(
    subject: String,
    values: &Values<'_>,
    before: Vec<Vec<Run>>,
    (url, label): (&str, &'static str),
    after: Vec<Vec<Run>>,
) -> Wording {
    let url = one_line(url);
    let greeting = words(format!("Hello {},", one_line(values.first_name)));
    let before: Vec<Vec<Run>> = std::iter::once(greeting).chain(before).collect();
    let plain = |runs: &Vec<Run>| runs.iter().map(|run| run.text.as_str()).collect::<String>();
    let parts = before.iter().map(plain).chain([url.clone()]).chain(after.iter().map(plain));
    let text = parts.collect::<Vec<_>>().join("\n\n") + "\n";
    let paragraph = |runs| Block::Paragraph { lines: vec![runs] };
    let button = Block::Button { url: url.clone(), label };
    let blocks: Vec<Block> =
        before.into_iter().map(paragraph).chain([button]).chain(after.into_iter().map(paragraph)).collect();
    // The foot repeats the address that the button leads to.
    let values = Values { sign_in_url: &url, ..*values };
    Wording { html: html(&subject, &values, &blocks), text, subject }
}

/// The mail with which an administrator tries the mail server.
pub fn test_mail(values: &Values<'_>) -> Wording {
    let subject = one_line(&format!("Test mail from {}", values.organisation));
    let sentence = format!(
        "This is the test mail that {} asked for. Rollcall can reach your mailbox; nothing else needs to be done.",
        one_line(values.username)
    );
    let run = Run { kind: "text", text: sentence.clone() };
    let blocks = [
        Block::Paragraph { lines: vec![vec![run]] },
        Block::Button { url: one_line(values.sign_in_url), label: SIGN_IN },
    ];
    let text = format!("{sentence}\n\n{}\n", one_line(values.sign_in_url));
    Wording { html: html(&subject, values, &blocks), text, subject }
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

fn html(subject: &str, values: &Values<'_>, blocks: &[Block]) -> String {
    let context = context! {
        subject,
        organisation => one_line(values.organisation),
        sign_in_url => one_line(values.sign_in_url),
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

/// The texts with the values of an invented person, for the preview in the settings: the mail, and what its HTML part is
/// made of.
///
/// # Errors
/// The first thing in the texts that is wrong.
pub fn preview(
    subject: &str,
    text: &str,
    organisation: &str,
    sign_in_url: &str,
) -> Result<(Wording, Vec<Block>), TemplateError> {
    super::template::validate_template(subject, text)?;
    let values = Values {
        organisation,
        first_name: "Anna",
        last_name: "Example",
        username: "aexample",
        email: "anna@example.com",
        password: Some("K7QWE-9RTZ2-PM4XC-V8BNA-3HJDF-G"),
        sign_in_url,
        expires: Some("Thursday, 1 January 2026 at 12:00 UTC"),
        hours: Some(72),
    };
    let texts = Texts::parse(subject, text)?;
    Ok((login_details(&texts, &values), texts.text.blocks(&values)))
}

/// A moment in words, for `{{ expires }}`.
pub fn in_words(unix_milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_milliseconds)
        .map(|moment| moment.strftime("%A, %-d %B %Y at %H:%M UTC").to_string())
        .unwrap_or_default()
}
