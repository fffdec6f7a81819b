//! `directory`'s types as the pages see them.

use super::{Mailroom, fail};
use crate::api::audit::{AuditQuery, AuditView};
use crate::api::imports::{ImportRowView, ImportState, ImportView, NewImport, Outcome, UndoView};
use crate::api::mail::MessageView;
use crate::api::mail_texts::MailKind;
use crate::api::people::{PersonCard, Profile};
use crate::api::people_admin::{AccountFilter, AccountRow, Credential, MailState};
use crate::api::{ApiError, Listing, Role};
use directory::account::{Account, CredentialKind, CredentialState, Status};
use directory::audit::{AuditEntry, AuditFilter};
use directory::clock::Timestamp;
use directory::id::{ImportId, MessageId};
use directory::imports;
use directory::outbox::{MessageState, OutboxItem};
use directory::page::Page;
use directory::people::PeopleQuery;
use directory::sessions::Session;
use roster::field::Field;

/// A page of a list, each item as the pages see it.
pub fn listing<T, U>(page: Page<T>, convert: impl Fn(T) -> U) -> Listing<U> {
    Listing {
        items: page.items.into_iter().map(convert).collect(),
        total: page.total,
        page: page.page,
        page_size: page.page_size,
    }
}

/// The identifier of an import; anything else is as good as one that does not exist.
///
/// # Errors
/// [`ApiError::NotFound`].
pub fn import_id(text: &str) -> Result<ImportId, ApiError> {
    text.parse().map_err(|_| fail(ApiError::NotFound))
}

/// The identifier of a message.
///
/// # Errors
/// [`ApiError::NotFound`].
pub fn message_id(text: &str) -> Result<MessageId, ApiError> {
    text.parse().map_err(|_| fail(ApiError::NotFound))
}

/// What the administration list asks of the directory.
///
/// # Errors
/// [`ApiError::NotFound`] for an import that is none.
pub fn people_query(filter: &AccountFilter) -> Result<PeopleQuery, ApiError> {
    use directory::account::Role;

    let mut query = PeopleQuery {
        text: filter.text.clone(),
        page: filter.page.max(1),
        page_size: 50,
        ..PeopleQuery::default()
    };
    match filter.show.as_str() {
        "active" => query.status = Some(Status::Active),
        "deactivated" => query.status = Some(Status::Deactivated),
        "not_issued" => query.credential = Some(CredentialKind::None),
        "issued" => query.credential = Some(CredentialKind::Issued),
        "expired" => query.credential = Some(CredentialKind::Expired),
        "never_signed_in" => query.signed_in = Some(false),
        "own" => query.credential = Some(CredentialKind::Set),
        "administrators" => query.role = Some(Role::Administrator),
        _ => {}
    }
    if !filter.import.is_empty() {
        query.import = Some(import_id(&filter.import)?);
    }
    Ok(query)
}

/// A profile: the filled fields in the order of the roster's, the organisation's own last.
#[must_use]
pub fn profile(account: Account, session: &Session) -> Profile {
    let own = session.account.id == account.id;
    let active = account.status == Status::Active;
    let shown_above = ["job_title", "department", "location"];
    let builtin = Field::ALL
        .iter()
        .filter(|field| !shown_above.contains(&field.key()))
        .filter_map(|field| Some((field.label().to_owned(), account.profile.get(field.key())?.clone())));
    let custom = account.profile.iter().filter_map(|(key, value)| {
        Some((key.strip_prefix(roster::field::CUSTOM_PREFIX)?.to_owned(), value.clone()))
    });
    let fields = builtin.chain(custom).filter(|(_, value)| !value.is_empty()).collect();
    Profile { fields, own, active, card: account.into() }
}

impl From<directory::account::Role> for Role {
    fn from(role: directory::account::Role) -> Self {
        match role {
            directory::account::Role::Member => Role::Member,
            directory::account::Role::Administrator => Role::Administrator,
        }
    }
}

impl From<Account> for PersonCard {
    fn from(account: Account) -> Self {
        let field = |key: &str| account.profile.get(key).cloned().unwrap_or_default();
        PersonCard {
            job_title: field("job_title"),
            department: field("department"),
            location: field("location"),
            username: account.username,
            first_name: account.first_name,
            last_name: account.last_name,
            email: account.email,
        }
    }
}

impl From<Account> for AccountRow {
    fn from(account: Account) -> Self {
        AccountRow {
            id: account.id.to_string(),
            name: format!("{} {}", account.first_name, account.last_name).trim().to_owned(),
            department: account.profile.get("department").cloned().unwrap_or_default(),
            role: account.role.into(),
            active: account.status == Status::Active,
            credential: match account.credential {
                CredentialState::None => Credential::NotIssued,
                CredentialState::Issued { expires_at } => Credential::Issued(expires_at.0),
                CredentialState::Expired => Credential::Expired,
                CredentialState::Set => Credential::Own,
            },
            mail: account.login_details.map(MailState::from),
            last_sign_in_at: account.last_sign_in_at.map(|at| at.0),
            username: account.username,
            email: account.email,
        }
    }
}

impl From<MessageState> for MailState {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Queued => MailState::Queued,
            MessageState::Sending => MailState::Sending,
            MessageState::Sent => MailState::Sent,
            MessageState::Failed => MailState::Failed,
        }
    }
}

impl From<MailState> for MessageState {
    fn from(state: MailState) -> Self {
        match state {
            MailState::Queued => MessageState::Queued,
            MailState::Sending => MessageState::Sending,
            MailState::Sent => MessageState::Sent,
            MailState::Failed => MessageState::Failed,
        }
    }
}

/// A message of the outbox; `mailroom` knows whether it can be read here.
#[must_use]
pub fn message_view(item: OutboxItem, mailroom: &dyn Mailroom) -> MessageView {
    MessageView {
        id: item.id.to_string(),
        to: item.email,
        username: item.username,
        kind: MailKind::from(item.kind).name().to_owned(),
        state: item.state.into(),
        attempts: item.attempts,
        reply: item.reply.unwrap_or_default(),
        created_at: item.created_at.0,
        sent_at: item.finished_at.filter(|_| item.state == MessageState::Sent).map(|at| at.0),
        next_attempt_at: (item.state == MessageState::Queued).then_some(item.due_at.0),
        readable: mailroom.readable() && item.state == MessageState::Sent,
    }
}

impl AuditQuery {
    /// The same for the directory.
    ///
    /// # Errors
    /// A day is none.
    pub fn filter(self) -> Result<AuditFilter, ApiError> {
        let filter = AuditFilter { event: self.event, text: self.text, ..AuditFilter::default() };
        filter.between(&self.from, &self.until).map_err(|error| ApiError::Refused(error.to_string()))
    }
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        AuditView {
            at: entry.at.0,
            actor: entry.actor,
            event: entry.event.to_string(),
            target: entry.target,
            detail: entry.detail,
        }
    }
}

impl From<NewImport> for imports::NewImport {
    fn from(import: NewImport) -> Self {
        imports::NewImport {
            file_name: import.file_name,
            file_digest: import.file_digest,
            options: import.options,
            columns: import.columns,
            rows: import.rows,
            reviewed_at: import.reviewed_at.map(Timestamp),
            digest: import.digest,
        }
    }
}

impl From<imports::Import> for ImportView {
    fn from(import: imports::Import) -> Self {
        ImportView {
            id: import.id.to_string(),
            file_name: import.file_name,
            by: import.by,
            state: match import.state {
                imports::ImportState::Receiving => ImportState::Receiving,
                imports::ImportState::Running => ImportState::Running,
                imports::ImportState::Completed => ImportState::Completed,
                imports::ImportState::Paused => ImportState::Paused,
                imports::ImportState::Cancelled => ImportState::Cancelled,
            },
            rows: import.rows,
            received: import.rows_received,
            done: import.done,
            hashed: import.hashed,
            created: import.created,
            updated: import.updated,
            unchanged: import.unchanged,
            skipped: import.skipped,
            failed: import.failed,
            without_seat: import.without_seat,
            mails: import.mails_owed,
            mails_sent: import.mails_sent,
            mails_failed: import.mails_failed,
            absent: import.absent,
            deactivated: import.deactivated,
            created_at: import.created_at.0,
            finished_at: import.finished_at.map(|at| at.0),
            undo: import.undo_state.map(|state| UndoView {
                done: state == imports::UndoState::Done,
                by: import.undone_by.unwrap_or_default(),
                at: import.undone_at.map_or(0, |at| at.0),
                removed: import.removed,
                restored: import.restored,
                kept: import.kept,
                reopened: import.reopened,
            }),
        }
    }
}

impl From<imports::Outcome> for Outcome {
    fn from(outcome: imports::Outcome) -> Self {
        match outcome {
            imports::Outcome::Created => Outcome::Created,
            imports::Outcome::Updated => Outcome::Updated,
            imports::Outcome::Unchanged => Outcome::Unchanged,
            imports::Outcome::Skipped => Outcome::Skipped,
            imports::Outcome::Failed => Outcome::Failed,
        }
    }
}

impl From<Outcome> for imports::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Created => imports::Outcome::Created,
            Outcome::Updated => imports::Outcome::Updated,
            Outcome::Unchanged => imports::Outcome::Unchanged,
            Outcome::Skipped => imports::Outcome::Skipped,
            Outcome::Failed => imports::Outcome::Failed,
        }
    }
}

impl From<imports::ImportRow> for ImportRowView {
    fn from(row: imports::ImportRow) -> Self {
        ImportRowView {
            row: row.row,
            line: row.line,
            outcome: row.outcome.map(Outcome::from),
            code: row.code.map(|code| code.as_str().to_owned()).unwrap_or_default(),
            message: row.undo_reason.or(row.message).unwrap_or_default(),
            undo: row.undo,
            username: row.username,
            name: row.name,
        }
    }
}
