//! Accounts.

use super::unit::Unit;
use crate::account::Status;
use crate::clock::Timestamp;
use crate::id::{AccountId, ImportId};
use crate::page::PageRequest;
use crate::people::PeopleSort;
use crate::store::{
    AccountBrief, AccountRow, ChangedAccount, KnownRow, NewAccount, PeopleFilter, PeopleStore, Result, within,
};
use async_trait::async_trait;
use serde::Serialize;
use sqlx::types::Json;

macro_rules! account {
    ($rest:expr) => {
        concat!(
            "SELECT a.id, a.username, a.email, a.first_name, a.last_name, a.role, a.status, a.profile, ",
            "a.last_sign_in_at, a.created_at, a.updated_at, c.expires_at, ",
            "c.password_hash IS NOT NULL AS has_password, c.verifier IS NOT NULL AS has_temporary, ",
            "(SELECT m.state FROM message m WHERE m.account_id = a.id AND m.kind IN ('login_details', 'set_password_link') ",
            "ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS login_details ",
            "FROM account a LEFT JOIN credential c ON c.account_id = a.id ",
            $rest
        )
    };
}

/// Parameters $1 to $8 of a [`PeopleFilter`].
macro_rules! filter {
    () => {
        "WHERE ($1 IS NULL OR a.search_text LIKE $1 ESCAPE '\\') \
         AND ($2 IS NULL OR a.status = $2) \
         AND ($3 IS NULL OR a.role = $3) \
         AND ($4 IS NULL OR a.import_id = $4) \
         AND ($5 IS NULL OR a.profile->>'department' = $5) \
         AND ($6 IS NULL OR $6 = CASE WHEN c.password_hash IS NOT NULL THEN 'set' \
             WHEN c.verifier IS NULL THEN 'none' WHEN c.expires_at > $7 THEN 'issued' ELSE 'expired' END) \
         AND ($8 IS NULL OR $8 = (a.last_sign_in_at IS NOT NULL)) "
    };
}

macro_rules! search {
    ($order:literal) => {
        account!(concat!(filter!(), "ORDER BY ", $order, " LIMIT $9 OFFSET $10"))
    };
}

macro_rules! filtered {
    ($query:expr, $filter:expr) => {
        $query
            .bind($filter.pattern.as_deref())
            .bind($filter.status)
            .bind($filter.role)
            .bind($filter.import)
            .bind($filter.department.as_deref())
            .bind($filter.credential)
            .bind($filter.now)
            .bind($filter.signed_in)
    };
}

const COUNT: &str =
    concat!("SELECT COUNT(*) FROM account a LEFT JOIN credential c ON c.account_id = a.id ", filter!());

const MATCHING: &str = concat!(
    "SELECT a.id FROM account a LEFT JOIN credential c ON c.account_id = a.id ",
    filter!(),
    "ORDER BY a.sort_name, a.id"
);

const KNOWN: &str = concat!(
    "SELECT a.id, a.username, a.username_key, a.email, a.email_key, a.first_name, a.last_name, a.role, a.status, ",
    "a.profile, a.updated_at, COALESCE(a.import_id = $3, false) OR EXISTS (SELECT 1 FROM import_outcome r ",
    "WHERE r.account_id = a.id AND r.import_id = $3 AND r.outcome IN ('updated', 'unchanged', 'skipped')) AS in_import ",
    "FROM account a WHERE a.id IN (",
    "SELECT id FROM account WHERE username_key IN (",
    texts!("$1"),
    ") UNION SELECT id FROM account WHERE email_key IN (",
    texts!("$2"),
    "))"
);

const KNOWN_BY_ID: &str = concat!(
    "SELECT id, username, username_key, email, email_key, first_name, last_name, role, status, profile, updated_at, ",
    "false AS in_import FROM account WHERE id IN (",
    ids!("$1"),
    ")"
);

const BRIEF: &str = concat!("SELECT id, username, role, status FROM account WHERE id IN (", ids!("$1"), ")");

const CHANGE: &str = concat!(
    "WITH r AS (",
    rows!(
        id uuid, username text, username_key text, email text, email_key text, first_name text, last_name text, profile json, search_text text,
        sort_name text, updated_at int
    ),
    ") UPDATE account SET username = r.username, username_key = r.username_key, email = r.email, email_key = r.email_key, first_name = r.first_name, ",
    "last_name = r.last_name, profile = r.profile, search_text = r.search_text, sort_name = r.sort_name, ",
    "updated_at = r.updated_at FROM r WHERE account.id = r.id AND account.role = 'member'"
);

/// Gives up addresses that are about to change, so that others can take them whatever the order.
const MOVE_OUT: &str = concat!(
    "WITH r AS (",
    rows!(id uuid, placeholder text),
    ") UPDATE account SET email_key = r.placeholder FROM r WHERE account.id = r.id AND account.role = 'member'"
);

#[derive(Serialize)]
struct Leaving {
    id: AccountId,
    placeholder: String,
}

const SET_STATUS: &str = concat!(
    "UPDATE account SET status = $2, updated_at = $3 WHERE status <> $2 AND id IN (",
    ids!("$1"),
    ") RETURNING id, username, role, status"
);

/// Inserts active accounts; the last says what a row does whose key is taken.
macro_rules! insert_accounts {
    ($unit:expr, $accounts:expr, $taken:tt) => {
        insert_many!(
            $unit, $accounts, "account",
            |new| {
                id uuid = new.id,
                username text = new.username.as_str(),
                username_key text = new.username_key.as_str(),
                email text = new.email.as_str(),
                email_key text = new.email_key.as_str(),
                first_name text = new.first_name.as_str(),
                last_name text = new.last_name.as_str(),
                profile json = Json(&new.profile),
                search_text text = new.search_text.as_str(),
                sort_name text = new.sort_name.as_str(),
                import_row int = new.origin.map(|origin| i64::from(origin.row)),
                import_line int = new.origin.map(|origin| i64::from(origin.line)),
            },
            same {
                role text = new.role.as_str(),
                status text = Status::Active.as_str(),
                import_id uuid = new.origin.map(|origin| origin.import),
                created_at int = new.created_at,
                updated_at int = new.created_at,
            },
            $taken
        )
    };
}

#[async_trait]
impl PeopleStore for Unit {
    async fn search_accounts(
        &mut self,
        filter: &PeopleFilter,
        sort: PeopleSort,
        page: PageRequest,
    ) -> Result<(Vec<AccountRow>, u64)> {
        let sql = match sort {
            PeopleSort::Name => search!("a.sort_name, a.id"),
            PeopleSort::Username => search!("a.username_key"),
            PeopleSort::Newest => search!("a.created_at DESC, a.id DESC"),
            PeopleSort::LastSignIn => {
                search!("a.last_sign_in_at IS NULL, a.last_sign_in_at DESC, a.sort_name, a.id")
            }
        };
        let query = filtered!(sqlx::query_as(sql), filter).bind(page.limit()).bind(page.offset());
        let rows = within(query.fetch_all(self.connection())).await?;
        let count = filtered!(sqlx::query_scalar::<_, i64>(COUNT), filter);
        let total = within(count.fetch_one(self.connection())).await?;
        Ok((rows, total.unsigned_abs()))
    }

    async fn matching_accounts(&mut self, filter: &PeopleFilter) -> Result<Vec<AccountId>> {
        within(filtered!(sqlx::query_scalar(MATCHING), filter).fetch_all(self.connection())).await
    }

    async fn account_by_id(&mut self, id: AccountId) -> Result<Option<AccountRow>> {
        let query = sqlx::query_as(account!("WHERE a.id = $1")).bind(id);
        within(query.fetch_optional(self.connection())).await
    }

    async fn account_by_username_key(&mut self, key: &str) -> Result<Option<AccountRow>> {
        let query = sqlx::query_as(account!("WHERE a.username_key = $1")).bind(key);
        within(query.fetch_optional(self.connection())).await
    }

    async fn known_accounts(
        &mut self,
        username_keys: &[String],
        email_keys: &[String],
        import: Option<ImportId>,
    ) -> Result<Vec<KnownRow>> {
        let query = sqlx::query_as(KNOWN).bind(Json(username_keys)).bind(Json(email_keys)).bind(import);
        within(query.fetch_all(self.connection())).await
    }

    async fn accounts_known(&mut self, ids: &[AccountId]) -> Result<Vec<KnownRow>> {
        within(sqlx::query_as(KNOWN_BY_ID).bind(Json(ids)).fetch_all(self.connection())).await
    }

    async fn all_keys(&mut self, most: u32) -> Result<Option<Vec<(String, String)>>> {
        let query = sqlx::query_as("SELECT username_key, email_key FROM account LIMIT $1").bind(i64::from(most) + 1);
        let keys: Vec<(String, String)> = within(query.fetch_all(self.connection())).await?;
        Ok(Some(keys).filter(|keys| keys.len() <= most as usize))
    }

    async fn accounts_brief(&mut self, ids: &[AccountId]) -> Result<Vec<AccountBrief>> {
        within(sqlx::query_as(BRIEF).bind(Json(ids)).fetch_all(self.connection())).await
    }

    async fn insert_accounts(&mut self, accounts: &[&NewAccount]) -> Result<()> {
        insert_accounts!(self, accounts, fail);
        Ok(())
    }

    async fn insert_account(&mut self, account: &NewAccount) -> Result<bool> {
        Ok(insert_accounts!(self, [account], skip) == 1)
    }

    async fn change_members(&mut self, accounts: &[ChangedAccount]) -> Result<u64> {
        let leave = |account: &ChangedAccount| Leaving {
            id: account.id,
            // No address has such a key.
            placeholder: format!("leaving {}", account.id),
        };
        let leaving: Vec<Leaving> = accounts.iter().filter(|account| account.moves).map(leave).collect();
        if leaving.len() > 1 {
            within(sqlx::query(MOVE_OUT).bind(Json(leaving)).execute(self.connection())).await?;
        }
        let done = within(sqlx::query(CHANGE).bind(Json(accounts)).execute(self.connection())).await?;
        Ok(done.rows_affected())
    }

    async fn set_status(
        &mut self,
        ids: &[AccountId],
        status: Status,
        now: Timestamp,
    ) -> Result<Vec<AccountBrief>> {
        let query = sqlx::query_as(SET_STATUS).bind(Json(ids)).bind(status).bind(now);
        within(query.fetch_all(self.connection())).await
    }

    async fn active_administrators(&mut self) -> Result<u64> {
        let sql = "SELECT COUNT(*) FROM account WHERE role = 'administrator' AND status = 'active'";
        let count: i64 = within(sqlx::query_scalar(sql).fetch_one(self.connection())).await?;
        Ok(count.unsigned_abs())
    }

    async fn any_administrator(&mut self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE role = 'administrator')";
        within(sqlx::query_scalar(sql).fetch_one(self.connection())).await
    }

    async fn signed_in(&mut self, id: AccountId, now: Timestamp) -> Result<()> {
        let query = sqlx::query("UPDATE account SET last_sign_in_at = $2 WHERE id = $1").bind(id).bind(now);
        within(query.execute(self.connection())).await?;
        Ok(())
    }
}
