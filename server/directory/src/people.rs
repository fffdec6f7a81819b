//! People: searching the directory, closing accounts and opening them again.

use crate::Directory;
use crate::account::{Account, CredentialKind, CredentialState};
use crate::audit::{self, Event, storable};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::ImportId;
use crate::page::{Page, PageRequest};
use crate::search::{folded, like_pattern};
use crate::store::{AccountBrief, AccountRow, KnownRow, PeopleFilter, Transaction};
use roster::Field;
use roster::field::Username;
use roster::review::{KnownPerson, key_fingerprint, look_fingerprint};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use thiserror::Error;

pub use crate::account::{Actor, Role, Status};
pub use crate::administrators::{CreateError, NewAdministrator};
pub use crate::id::AccountId;

text_enum! {
    /// The order of a list of people.
    pub enum PeopleSort {
        /// By last name, first name, username.
        Name = "name",
        /// By username.
        Username = "username",
        /// Newest accounts first.
        Newest = "newest",
        /// Latest sign-ins first, never signed in last.
        LastSignIn = "last_sign_in",
    }
}

/// Which people are wanted. The default wants all, by name, the first page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PeopleQuery {
    /// Looked for in usernames, names, addresses and profiles; case and accents do not matter. Empty = all.
    pub text: String,
    /// Only with this status.
    pub status: Option<Status>,
    /// Only with this role.
    pub role: Option<Role>,
    /// Only with these credentials.
    pub credential: Option<CredentialKind>,
    /// Only those that this import created.
    pub import: Option<ImportId>,
    /// Only of this department, written exactly so.
    pub department: Option<String>,
    /// Only those who have signed in, or only those who never did.
    pub signed_in: Option<bool>,
    /// The page, from 1.
    pub page: u32,
    /// People on a page, 1 to 500.
    pub page_size: u32,
    /// The order.
    pub sort: PeopleSort,
}

impl Default for PeopleQuery {
    fn default() -> Self {
        let PageRequest { page, page_size } = PageRequest::default();
        Self {
            text: String::new(),
            status: None,
            role: None,
            credential: None,
            import: None,
            department: None,
            signed_in: None,
            page,
            page_size,
            sort: PeopleSort::Name,
        }
    }
}

impl PeopleQuery {
    fn filter(&self, now: Timestamp) -> PeopleFilter {
        PeopleFilter {
            pattern: like_pattern(&folded(self.text.clone())),
            status: self.status,
            role: self.role,
            credential: self.credential,
            import: self.import,
            department: self.department.as_deref().map(storable),
            signed_in: self.signed_in,
            now,
        }
    }
}

/// Why accounts were not closed.
#[derive(Debug, Error)]
pub enum DeactivateError {
    /// Nobody could administer Rollcall any more. Nothing was changed.
    #[error("at least one administrator must stay active")]
    LastAdministrator,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which keys the directory has, as fingerprints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownKeys {
    /// Of everybody's username key and address key, as [`key_fingerprint`] makes them.
    pub keys: Vec<[u64; 2]>,
    /// Of what usernames look like that look like something else than themselves, as [`look_fingerprint`] makes them.
    pub looks: Vec<u64>,
}

/// What became of accounts that should be opened again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reactivated {
    /// Accounts that are open now and were closed before.
    pub reactivated: u32,
    /// Accounts that stayed closed because no seat was free.
    pub without_seat: u32,
    /// What became of every account, in the order asked.
    pub outcomes: Vec<(AccountId, Reactivation)>,
}

/// What became of an account that should be opened again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reactivation {
    /// It is active now.
    Reactivated,
    /// It was active before.
    AlreadyActive,
    /// No seat was free.
    NoSeat,
    /// There is no such account.
    Unknown,
}

impl Directory {
    /// A page of people.
    ///
    /// # Errors
    /// The database failed.
    pub async fn search_people(&self, query: &PeopleQuery) -> Result<Page<Account>, StoreError> {
        let page = PageRequest { page: query.page, page_size: query.page_size }.within_limits();
        let now = self.now();
        let mut tx = self.store().read().await?;
        let (rows, total) = tx.search_accounts(&query.filter(now), query.sort, page).await?;
        Ok(Page::of((rows.into_iter().map(|row| row.into_account(now)).collect(), total), page))
    }

    /// All accounts that a search finds, whatever its page.
    ///
    /// # Errors
    /// The database failed.
    pub async fn matching_accounts(&self, query: &PeopleQuery) -> Result<Vec<AccountId>, StoreError> {
        self.store().read().await?.matching_accounts(&query.filter(self.now())).await
    }

    /// One account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row = self.store().read().await?.account_by_id(id).await?;
        Ok(row.map(|row| row.into_account(self.now())))
    }

    /// The account with this username, in any spelling of case and width.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account_by_username(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let row = self
            .store()
            .read()
            .await?
            .account_by_username_key(&storable(&Username::key_of(username)))
            .await?;
        Ok(row.map(|row| row.into_account(self.now())))
    }

    /// What the directory knows about usernames and addresses, both given as keys.
    ///
    /// # Errors
    /// The database failed.
    pub async fn known_people(
        &self,
        username_keys: &[String],
        email_keys: &[String],
    ) -> Result<Vec<KnownPerson>, StoreError> {
        // Keys come from outside; one with a NUL, which PostgreSQL cannot even be asked for, belongs to nobody.
        let possible = |keys: &[String]| -> Vec<String> {
            keys.iter().filter(|key| !key.contains('\0')).cloned().collect()
        };
        let (usernames, emails) = (possible(username_keys), possible(email_keys));
        let rows = self.store().read().await?.known_accounts(&usernames, &emails, None).await?;
        Ok(rows.into_iter().map(KnownRow::into_known_person).collect())
    }

    /// Which keys there are; `None` if there are more than `most` people.
    ///
    /// # Errors
    /// The database failed.
    pub async fn known_keys(&self, most: u32) -> Result<Option<KnownKeys>, StoreError> {
        let Some(people) = self.store().read().await?.all_keys(most).await? else { return Ok(None) };
        let looks = people.iter().filter_map(|(username, _)| look_fingerprint(username)).collect();
        let keys = |(username, email): (String, String)| [username, email].map(|key| key_fingerprint(&key));
        Ok(Some(KnownKeys { keys: people.into_iter().map(keys).collect(), looks }))
    }

    /// Closes accounts: their sessions end, their seats are free, mail that waits for them is dropped. Answers how
    /// many were active before.
    ///
    /// # Errors
    /// No administrator would be left, or the database failed; nothing was changed.
    pub async fn deactivate(&self, actor: &Actor, accounts: &[AccountId]) -> Result<u32, DeactivateError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        tx.lock_seats().await?;
        let closed = close(tx.as_mut(), actor, accounts, "", now).await?;
        if closed.iter().any(|account| account.role == Role::Administrator)
            && tx.active_administrators().await? == 0
        {
            return Err(DeactivateError::LastAdministrator);
        }
        tx.save().await?;
        Ok(count(closed.len()))
    }

    /// Opens accounts again; members need a seat each.
    ///
    /// # Errors
    /// The database failed; nothing was changed.
    pub async fn reactivate(&self, actor: &Actor, accounts: &[AccountId]) -> Result<Reactivated, StoreError> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        tx.lock_seats().await?;
        let found = tx.accounts_brief(accounts).await?;
        let closed = |account: &&AccountBrief| account.status == Status::Deactivated;
        let waiting: Vec<&AccountBrief> = found.iter().filter(closed).collect();
        let wanted = waiting.iter().filter(|account| account.role == Role::Member).count();
        let mut seats = tx.take_seats(count(wanted)).await?;
        let by_id: HashMap<AccountId, &AccountBrief> =
            found.iter().map(|account| (account.id, account)).collect();
        let mut opened = HashSet::new();
        let mut outcomes = Vec::new();
        for &id in accounts {
            let outcome = match by_id.get(&id) {
                None => Reactivation::Unknown,
                Some(_) if opened.contains(&id) => Reactivation::Reactivated,
                Some(account) if account.status == Status::Active => Reactivation::AlreadyActive,
                Some(account) if account.role == Role::Member && seats == 0 => Reactivation::NoSeat,
                Some(account) => {
                    seats -= u32::from(account.role == Role::Member);
                    opened.insert(id);
                    Reactivation::Reactivated
                }
            };
            outcomes.push((id, outcome));
        }
        let opened: Vec<AccountId> = opened.into_iter().collect();
        let opened = open(tx.as_mut(), actor, &opened, "", now).await?;
        tx.save().await?;
        let without_seat = outcomes.iter().filter(|(_, outcome)| *outcome == Reactivation::NoSeat).count();
        Ok(Reactivated { reactivated: count(opened.len()), without_seat: count(without_seat), outcomes })
    }
}

/// Closes those of some accounts that are open, and all that goes with it; answers which. The seats must be locked by `tx`.
pub(crate) async fn close(
    tx: &mut dyn Transaction,
    actor: &Actor,
    accounts: &[AccountId],
    detail: &str,
    now: Timestamp,
) -> Result<Vec<AccountBrief>, StoreError> {
    let closed = tx.set_status(accounts, Status::Deactivated, now).await?;
    tx.free_seats(members(&closed)).await?;
    let ids: Vec<AccountId> = closed.iter().map(|account| account.id).collect();
    tx.delete_sessions_of(&ids).await?;
    tx.drop_messages_of(&ids, now).await?;
    record_each(tx, actor, Event::UserDeactivated, &closed, detail, now).await?;
    Ok(closed)
}

/// Opens those of some accounts that are closed; answers which. Their seats were taken before.
pub(crate) async fn open(
    tx: &mut dyn Transaction,
    actor: &Actor,
    accounts: &[AccountId],
    detail: &str,
    now: Timestamp,
) -> Result<Vec<AccountBrief>, StoreError> {
    let opened = tx.set_status(accounts, Status::Active, now).await?;
    record_each(tx, actor, Event::UserReactivated, &opened, detail, now).await?;
    Ok(opened)
}

async fn record_each(
    tx: &mut dyn Transaction,
    actor: &Actor,
    event: Event,
    accounts: &[AccountBrief],
    detail: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let records: Vec<_> =
        accounts.iter().map(|account| audit::record(now, actor, event, &account.username, detail)).collect();
    tx.record(&records).await
}

fn members(accounts: &[AccountBrief]) -> u32 {
    count(accounts.iter().filter(|account| account.role == Role::Member).count())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("fewer accounts than 4 billion are handled at once")
}

impl AccountRow {
    pub(crate) fn into_account(self, now: Timestamp) -> Account {
        let credential = match (self.has_password, self.has_temporary, self.expires_at) {
            (true, _, _) => CredentialState::Set,
            (false, true, Some(expires_at)) if expires_at > now => CredentialState::Issued { expires_at },
            (false, true, _) => CredentialState::Expired,
            (false, false, _) => CredentialState::None,
        };
        Account {
            id: self.id,
            username: self.username,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            role: self.role,
            status: self.status,
            profile: self.profile,
            credential,
            last_sign_in_at: self.last_sign_in_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            login_details: self.login_details,
        }
    }
}

impl KnownRow {
    fn into_known_person(self) -> KnownPerson {
        let mut values = self.profile;
        values.insert(Field::FirstName.key().to_owned(), self.first_name);
        values.insert(Field::LastName.key().to_owned(), self.last_name);
        values.insert(Field::Email.key().to_owned(), self.email);
        KnownPerson {
            username_key: self.username_key,
            email_key: self.email_key,
            username: self.username,
            protected: self.role == Role::Administrator,
            active: self.status == Status::Active,
            values,
        }
    }
}
