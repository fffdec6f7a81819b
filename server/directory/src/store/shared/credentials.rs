//! Credentials and the limit on guesses. An account without a row has had nothing handed over, and must set an own password.

use super::unit::Unit;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::store::{
    CredentialRow, CredentialStore, IssuableRow, LoginRow, NewCredential, NewIssue, Result, SecretOnFile,
    within,
};
use async_trait::async_trait;
use sqlx::types::Json;

/// A username that looks like somebody's address never hides that somebody: usernames come first, always.
const FIND_LOGIN: &str = "SELECT id, username, status FROM account \
     WHERE username_key = $1 OR email_key = $2 ORDER BY CASE WHEN username_key = $1 THEN 0 ELSE 1 END LIMIT 1";

/// Counts the attempt and sets the wait after it: 1 s (below 3 failures), 3 s (9), 5 s (25), 10 s (100), then until
/// $3, the end of the UTC day; after a lock the count starts again. Everything refers to the row as it was.
const RESERVE: &str = "INSERT INTO credential (account_id, issue_number, machine_made, must_change, failures, next_attempt_at) \
     SELECT id, 0, false, true, 1, $2 + 1000 FROM account WHERE id = $1 \
     ON CONFLICT (account_id) DO UPDATE SET \
     failures = CASE WHEN credential.failures >= 100 THEN 1 ELSE credential.failures + 1 END, \
     next_attempt_at = CASE WHEN credential.failures >= 100 OR credential.failures + 1 < 3 THEN $2 + 1000 \
         WHEN credential.failures + 1 < 9 THEN $2 + 3000 WHEN credential.failures + 1 < 25 THEN $2 + 5000 \
         WHEN credential.failures + 1 < 100 THEN $2 + 10000 ELSE $3 END \
     WHERE credential.next_attempt_at <= $2 \
     RETURNING verifier, expires_at, password_hash, machine_made, must_change";

const ACCEPT: &str = "UPDATE credential SET failures = 0, next_attempt_at = 0 \
     WHERE account_id = $1 AND (password_hash = $2 OR (verifier = $3 AND expires_at > $4))";

const SET_PASSWORD: &str = "UPDATE credential SET failures = 0, next_attempt_at = 0, password_hash = $5, \
     machine_made = $6, must_change = false, verifier = NULL, expires_at = NULL \
     WHERE account_id = $1 AND (password_hash = $2 OR (verifier = $3 AND expires_at > $4))";

const ISSUABLE: &str = concat!(
    "SELECT a.id, a.username, a.role, a.status, COALESCE(c.issue_number, 0) AS issue_number, ",
    "c.password_hash IS NOT NULL AS has_password, COALESCE(c.must_change, true) AS must_change ",
    "FROM account a LEFT JOIN credential c ON c.account_id = a.id WHERE a.id IN (",
    ids!("$1"),
    ") ORDER BY a.sort_name, a.id"
);

const ISSUE: &str = concat!(
    "WITH r AS (",
    rows!(account_id uuid, issue_number int, verifier bytes, expires_at int),
    ") INSERT INTO credential (account_id, issue_number, verifier, expires_at, machine_made, must_change) ",
    "SELECT account_id, issue_number, verifier, expires_at, false, true FROM r WHERE true ",
    "ON CONFLICT (account_id) DO UPDATE SET issue_number = excluded.issue_number, verifier = excluded.verifier, ",
    "expires_at = excluded.expires_at, password_hash = NULL, machine_made = false, failures = 0, next_attempt_at = 0 ",
    "WHERE credential.issue_number = excluded.issue_number - 1 RETURNING account_id"
);

const EXTEND: &str = concat!(
    "UPDATE credential SET expires_at = $2 WHERE verifier IS NOT NULL AND account_id IN (",
    ids!("$1"),
    ")"
);

fn on_file(secret: &SecretOnFile) -> (Option<&str>, Option<&[u8]>) {
    match secret {
        SecretOnFile::Lasting { hash, .. } => (Some(hash), None),
        SecretOnFile::Temporary(verifier) => (None, Some(verifier)),
    }
}

#[async_trait]
impl CredentialStore for Unit {
    async fn insert_credentials(&mut self, credentials: &[NewCredential]) -> Result<()> {
        insert_many!(
            self, credentials, "credential",
            |new| {
                account_id uuid = new.account_id,
                verifier bytes = new.verifier.as_deref(),
                password_hash text = new.password_hash.as_deref(),
                must_change bool = new.must_change,
            },
            same {
                issue_number int = i64::from(new.issue_number),
                expires_at int = new.expires_at,
                machine_made bool = false,
            },
            fail
        );
        Ok(())
    }

    async fn find_login(
        &mut self,
        username_key: Option<&str>,
        email_key: Option<&str>,
    ) -> Result<Option<LoginRow>> {
        let query = sqlx::query_as(FIND_LOGIN).bind(username_key).bind(email_key);
        within(query.fetch_optional(self.connection())).await
    }

    async fn reserve_attempt(
        &mut self,
        account: AccountId,
        now: Timestamp,
        lock_until: Timestamp,
    ) -> Result<Option<CredentialRow>> {
        let query = sqlx::query_as(RESERVE).bind(account).bind(now).bind(lock_until);
        within(query.fetch_optional(self.connection())).await
    }

    async fn accept_attempt(
        &mut self,
        account: AccountId,
        secret: &SecretOnFile,
        now: Timestamp,
    ) -> Result<bool> {
        let (hash, verifier) = on_file(secret);
        let query = sqlx::query(ACCEPT).bind(account).bind(hash).bind(verifier).bind(now);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn set_password(
        &mut self,
        account: AccountId,
        secret: &SecretOnFile,
        hash: &str,
        machine_made: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let (old_hash, verifier) = on_file(secret);
        let query = sqlx::query(SET_PASSWORD)
            .bind(account)
            .bind(old_hash)
            .bind(verifier)
            .bind(now)
            .bind(hash)
            .bind(machine_made);
        Ok(within(query.execute(self.connection())).await?.rows_affected() == 1)
    }

    async fn waiting_until(&mut self, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT next_attempt_at FROM credential WHERE account_id = $1 AND next_attempt_at > $2";
        within(sqlx::query_scalar(sql).bind(account).bind(now).fetch_optional(self.connection())).await
    }

    async fn forget_failures(&mut self, account: AccountId) -> Result<bool> {
        let sql = "UPDATE credential SET failures = 0, next_attempt_at = 0 WHERE account_id = $1 AND failures > 0";
        let done = within(sqlx::query(sql).bind(account).execute(self.connection())).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn live_issues(&mut self, now: Timestamp) -> Result<Vec<(AccountId, i64, Vec<u8>)>> {
        let sql = "SELECT account_id, issue_number, verifier FROM credential \
             WHERE verifier IS NOT NULL AND expires_at > $1";
        within(sqlx::query_as(sql).bind(now).fetch_all(self.connection())).await
    }

    async fn issuable(&mut self, accounts: &[AccountId]) -> Result<Vec<IssuableRow>> {
        within(sqlx::query_as(ISSUABLE).bind(Json(accounts)).fetch_all(self.connection())).await
    }

    async fn issue(&mut self, issues: &[NewIssue]) -> Result<Vec<AccountId>> {
        within(sqlx::query_scalar(ISSUE).bind(Json(issues)).fetch_all(self.connection())).await
    }

    async fn extend_issues(&mut self, accounts: &[AccountId], expires_at: Timestamp) -> Result<()> {
        let query = sqlx::query(EXTEND).bind(Json(accounts)).bind(expires_at);
        within(query.execute(self.connection())).await?;
        Ok(())
    }
}
