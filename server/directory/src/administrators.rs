//! Administrators: created by the first run and by the command line, never by an import.

use crate::Directory;
use crate::account::{Actor, Role};
use crate::audit::{self, Event};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::hashing::HashError;
use crate::id::AccountId;
use crate::search::{search_text, sort_name};
use crate::store::{NewAccount, NewCredential, Origin, Transaction};
use roster::{Person, Problem, Values};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::to_raw_value;
use std::collections::BTreeMap;
use thiserror::Error;

/// An administrator to be created by setup or the command line.
pub struct NewAdministrator {
    /// Username.
    pub username: String,
    /// Address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Own password; must satisfy the policy.
    pub password: SecretString,
}

/// Why an administrator was not created.
#[derive(Debug, Error)]
pub enum CreateError {
    /// A field or the password is not acceptable; never empty.
    #[error("{}", sentences(.0))]
    Problems(Vec<Problem>),
    /// The username belongs to an account already.
    #[error("this username is taken")]
    UsernameTaken,
    /// The address belongs to an account already.
    #[error("this email address is taken")]
    EmailTaken,
    /// Too many passwords are being hashed at the moment.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ")
}

impl Directory {
    /// Creates an administrator with an own password; for the command line and the first run.
    ///
    /// # Errors
    /// A field is not acceptable or taken, hashing is busy, or the database failed.
    pub async fn create_administrator(&self, new: NewAdministrator) -> Result<AccountId, CreateError> {
        let prepared = self.prepare_administrator(new).await?;
        let mut tx = self.store().begin().await?;
        let id = self.insert_administrator(tx.as_mut(), &prepared, &Actor::system()).await?;
        tx.save().await?;
        Ok(id)
    }

    /// Checks the fields and hashes the password: all that needs no transaction.
    pub(crate) async fn prepare_administrator(
        &self,
        new: NewAdministrator,
    ) -> Result<PreparedAdministrator, CreateError> {
        let values = Values {
            username: new.username,
            first_name: new.first_name,
            last_name: new.last_name,
            email: new.email,
            password: Some(new.password.expose_secret().to_owned()),
            change_password: None,
            profile: Vec::new(),
        };
        let policy = self.settings().await?.password_policy;
        let person = values.check(&policy).map_err(CreateError::Problems)?;
        let hash = self.hasher().hash(new.password).await?;
        Ok(PreparedAdministrator { person, hash })
    }

    pub(crate) async fn insert_administrator(
        &self,
        tx: &mut dyn Transaction,
        prepared: &PreparedAdministrator,
        actor: &Actor,
    ) -> Result<AccountId, CreateError> {
        let now = self.now();
        let id = AccountId::new(now, self.random());
        let person = &prepared.person;
        let account = new_account(id, person, Role::Administrator, None, now);
        let (username_key, email_key) = (account.username_key.clone(), account.email_key.clone());
        if !tx.insert_account(&account).await? {
            let known = tx.known_accounts(std::slice::from_ref(&username_key), &[email_key], None).await?;
            let username_taken = known.iter().any(|row| row.username_key == username_key);
            return Err(if username_taken { CreateError::UsernameTaken } else { CreateError::EmailTaken });
        }
        tx.insert_credentials(&[NewCredential {
            account_id: id,
            issue_number: 0,
            verifier: None,
            expires_at: None,
            password_hash: Some(prepared.hash.clone()),
            must_change: false,
        }])
        .await?;
        let username = person.username.as_str();
        tx.record(&[audit::record(now, actor, Event::UserCreated, username, "administrator")]).await?;
        Ok(id)
    }
}

/// A checked administrator with a hashed password.
pub(crate) struct PreparedAdministrator {
    person: Person,
    hash: String,
}

/// The account that a checked person becomes.
pub(crate) fn new_account(
    id: AccountId,
    person: &Person,
    role: Role,
    origin: Option<Origin>,
    now: Timestamp,
) -> NewAccount {
    let filled = person.profile.iter().filter(|(_, text)| !text.is_empty());
    let profile: BTreeMap<&str, &str> = filled.map(|(key, text)| (key.as_str(), text.as_str())).collect();
    let (username, email) = (person.username.as_str(), person.email.as_str());
    let (first_name, last_name) = (person.first_name.as_str(), person.last_name.as_str());
    NewAccount {
        id,
        username: username.to_owned(),
        username_key: person.username.key(),
        email: email.to_owned(),
        email_key: person.email.key(),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        role,
        search_text: search_text(username, email, first_name, last_name, profile.values().copied()),
        sort_name: sort_name(username, first_name, last_name),
        profile: to_raw_value(&profile).expect("texts by text are JSON"),
        origin,
        created_at: now,
    }
}
