//! What the mails of a batch have in common, and how a mail is made out of what the outbox owes.

use std::time::{Duration, SystemTime};

use directory::mail_texts::MailText;
use directory::outbox::{MessageKind, OutgoingMessage};
use directory::settings::Settings;
use lettre::message::Mailbox;
use zeroize::Zeroizing;

use super::kinds::Kind;
use super::message::{self, Addressing, BuildError, Ready, Texts};
use super::values::Values;
use crate::config::Config;

/// Texts of every kind, sender and addresses of pages.
pub struct Letterhead {
    texts: Vec<(MessageKind, Texts)>,
    from: Mailbox,
    organisation: String,
    sign_in_url: String,
    set_url: String,
    reset_url: String,
    hours: u32,
}

impl Letterhead {
    /// From what is set. The texts were checked when they were saved; should one not be usable all the same (an older
    /// database), the built-in one goes out rather than nothing.
    pub fn new(config: &Config, settings: &Settings, texts: &[MailText]) -> Letterhead {
        let of_kind = |kind: &MessageKind| {
            let own = texts.iter().find(|text| text.kind == *kind);
            let known = Kind::of(*kind);
            let own = own.map(|own| Texts::read(known, &own.subject, &own.text));
            let texts = own.transpose().unwrap_or_else(|error| {
                tracing::error!(%error, kind = kind.as_str(), "the text of a mail cannot be used; sending the built-in one");
                None
            });
            (*kind, texts.unwrap_or_else(|| Texts::built_in(known)))
        };
        Letterhead {
            texts: MessageKind::ALL.iter().map(of_kind).collect(),
            from: config.mail_from(&settings.organisation),
            organisation: settings.organisation.clone(),
            sign_in_url: sign_in_url(config),
            set_url: link_with(config, MessageKind::SetPasswordLink, ""),
            reset_url: link_with(config, MessageKind::PasswordReset, ""),
            hours: settings.temporary_password_hours,
        }
    }

    /// The mail that the outbox owes.
    ///
    /// # Errors
    /// When the recipient's address cannot be used: the message has failed for good.
    pub fn compose(&self, message: &OutgoingMessage) -> Result<Ready, BuildError> {
        let password = message.secret.as_ref().map(|secret| Zeroizing::new(secret.expose()));
        let link = match message.kind {
            MessageKind::SetPasswordLink => {
                message.link_token.as_ref().map(|token| [self.set_url.as_str(), token.expose()].concat())
            }
            MessageKind::PasswordReset => {
                message.reset_token.as_ref().map(|token| [self.reset_url.as_str(), token.expose()].concat())
            }
            _ => None,
        };
        let link = link.map(Zeroizing::new);
        let kind = match message.kind {
            // Who has an own password by now is told where to use it.
            MessageKind::SetPasswordLink | MessageKind::PasswordReset if link.is_none() => {
                MessageKind::LoginDetails
            }
            kind => kind,
        };
        let expires = message.secret_expires_at.map(|moment| message::in_words(moment.0));
        let values = Values {
            organisation: &self.organisation,
            first_name: &message.first_name,
            last_name: &message.last_name,
            username: &message.username,
            email: &message.to,
            password: password.as_ref().map(|password| password.as_str()),
            link: link.as_ref().map(|link| link.as_str()),
            sign_in_url: &self.sign_in_url,
            expires: expires.as_deref(),
            hours: expires.as_ref().map(|_| u64::from(self.hours)),
        };
        let texts = self.texts.iter().find(|(of, _)| *of == kind).map(|(_, texts)| texts);
        let wording = texts.expect("there are texts of every kind").wording(&values);
        let created = Duration::from_millis(u64::try_from(message.created_at.0).unwrap_or(0));
        message::build(
            &wording,
            &Addressing {
                message_id: &message.message_id(self.from.email.domain()),
                to_name: &format!("{} {}", message.first_name, message.last_name),
                to: &message.to,
                date: SystemTime::UNIX_EPOCH + created,
                from: &self.from,
            },
        )
    }
}

/// The page on which people sign in.
pub fn sign_in_url(config: &Config) -> String {
    format!("{}/sign-in", config.public_url)
}

/// The link of mails of this kind. The token stands after the #, which browsers keep to themselves: no log and no proxy
/// sees it.
pub fn link_with(config: &Config, kind: MessageKind, token: &str) -> String {
    let page = if kind == MessageKind::PasswordReset { "reset" } else { "set" };
    format!("{}/password/{page}#{token}", config.public_url)
}
